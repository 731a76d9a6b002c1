// Options that are whole numbers.
import { InvalidArgument } from '../errors.js';

/** From 1; undefined where the option was left out. Errors: CLI_INVALID_ARGUMENT. */
export const wholeNumber = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(text) || Number(text) < 1) throw new InvalidArgument(name, `must be a whole number from 1, got ${text}.`);
  return Number(text);
};
