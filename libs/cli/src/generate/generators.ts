// Loads the generators: only these commands need them, and an application in production does without.
import { GeneratorsMissing } from '../errors.js';

export type Generators = typeof import('@mainstem/schematics');

/** Errors: CLI_GENERATORS_MISSING. */
export const loadGenerators = async (): Promise<Generators> => {
  try {
    return await import('@mainstem/schematics');
  } catch (error) {
    throw new GeneratorsMissing(error);
  }
};
