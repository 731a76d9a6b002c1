// Which read models belong to an event store: another one refuses them.
import { isMainstemError, type Incarnation } from '@mainstem/event-store';
import { hostedIn } from './hosted-in.js';
import { usingReadModels, type CliContext } from './cli-context.js';
import { nameOf, namesOf } from '../format/name-of.js';

export interface ReadModelsOf {
  /** Of projections, reactions and processes. */
  readonly names: readonly string[];
  /** Why they are not known. */
  readonly problem?: string;
}

/** Those that are where the settings say. None if nothing is there. */
export const readModelsOf = async (context: CliContext, incarnation: Incarnation): Promise<ReadModelsOf> => {
  try {
    return await usingReadModels(context, async (readModels) => {
      const hosted = hostedIn(readModels);
      const all = hosted.map(namesOf);
      const names: string[] = [];
      for (const one of hosted) {
        const generations = await one.store.generations(one.projection.name);
        if (generations.some(({ checkpoint }) => checkpoint.incarnation === incarnation)) names.push(nameOf(namesOf(one), all));
      }
      return { names };
    });
  } catch (error) {
    if (isMainstemError(error, 'READ_STORE_CANNOT_OPEN')) return { names: [] };
    // The copy is complete, whatever is the matter with them.
    if (isMainstemError(error)) return { names: [], problem: `${error.code}: ${error.message}` };
    throw error;
  }
};
