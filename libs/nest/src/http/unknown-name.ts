// The message about an unknown name.
import { nearestName } from '@mainstem/event-store';

/** In class-validator's words, with the name that was probably meant. */
export const unknownName = (name: string, known: readonly string[]): string => {
  const meant = nearestName(name, known);
  const advice = meant !== undefined ? `did you mean ${meant}?` : known.length === 0 ? 'there are none here' : `known are ${known.join(', ')}`;
  return `property ${name} should not exist; ${advice}`;
};
