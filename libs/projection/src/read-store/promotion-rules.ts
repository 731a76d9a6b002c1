// The checks of every read store before a promotion, inside its transaction.
import { isPositionBefore } from '@mainstem/event-store';
import { GenerationBehind, GenerationNotReady } from './errors.js';
import type { Generation } from './checkpoint.js';
import type { PromoteOptions } from './read-store.js';

/** Errors: READ_STORE_GENERATION_BEHIND unless forced, READ_STORE_GENERATION_NOT_READY. */
export const assertPromotable = (next: Generation, serving: Generation | undefined, { isForced = false }: PromoteOptions = {}): void => {
  if (next.state === 'side') throw new GenerationNotReady(next.projection, next.number, 'it was made to stay aside');
  if (next.isBulk) throw new GenerationNotReady(next.projection, next.number, 'its bulk load is not finished, so its indexes are missing');
  if (serving && !isForced && isBehind(next, serving)) {
    throw new GenerationBehind(next.projection, next.number, next.checkpoint.position, serving.checkpoint.position);
  }
};

/** True if a generation lacks events that the other one has. */
export const isBehind = ({ checkpoint }: Generation, { checkpoint: other }: Generation): boolean =>
  isPositionBefore(checkpoint.position, other.position);
