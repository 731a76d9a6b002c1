// Checks the limits that a program sets: a value that is no number would limit nothing.
import { InvalidInput } from '@mainstem/event-store';

/** Refuses anything but a whole number from `min`, by default 1. Errors: EVENT_STORE_INVALID_INPUT naming the limit. */
export const assertLimit = (name: string, value: number, min = 1): void => {
  if (!Number.isSafeInteger(value) || value < min) throw new InvalidInput(name, `must be a whole number from ${min}, got ${String(value)}`);
};
