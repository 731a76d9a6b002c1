// Tells the state machine about a failed step; after fencing, the read store shows whether there is a rival.
import { isMainstemError } from '@mainstem/event-store';
import { failureOf, reasonOf } from '../fold/failures.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import type { Input } from './projection-state.js';
import type { RunnerOptions } from './runner-options.js';
import { isServedElsewhere } from '../generations/session-watch.js';

type FailedStepOptions = Pick<RunnerOptions, 'hosted' | 'only' | 'runtime'>;

/** `open`: the generation of the step, if there was one. Errors: none. */
export const failedStep = async (error: unknown, { hosted, only, runtime }: FailedStepOptions, open: OpenGeneration | undefined): Promise<Input> => {
  const isFenced = isMainstemError(error, 'READ_STORE_CHECKPOINT_MOVED');
  if (only && (isFenced || isMainstemError(error, 'READ_STORE_UNKNOWN_GENERATION'))) {
    return { kind: 'failed', failure: { kind: 'fatal', reason: reasonOf(error) }, random: 0 };
  }
  if (isFenced && open && (await wasPromotedAway(open, hosted))) return { kind: 'superseded' };
  return { kind: 'failed', failure: failureOf(error, hosted.projection.name), random: runtime.random() };
};

/** Fenced off by a promotion, not by a rival: then there is no instance to make way for. */
const wasPromotedAway = async (open: OpenGeneration, { projection, store }: RunnerOptions['hosted']): Promise<boolean> => {
  if (open.isFilling) return false;
  try {
    return isServedElsewhere(open, await store.generations(projection.name));
  } catch {
    return false; // the next opening of the generation shows it
  }
};
