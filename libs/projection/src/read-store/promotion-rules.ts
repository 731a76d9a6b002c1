// What every read store checks before it promotes a generation, inside the transaction that does.
import { isPositionBefore } from '@mainstem/event-store';
import { GenerationBehind, GenerationNotReady } from './errors.js';
import type { Generation } from './checkpoint.js';
import type { PromoteOptions } from './read-store.js';

/** Errors: READ_STORE_GENERATION_BEHIND unless forced, READ_STORE_GENERATION_NOT_READY. */
export const assertPromotable = (next: Generation, serving: Generation | undefined, { isForced = false }: PromoteOptions = {}): void => {
  if (next.state === 'side') throw new GenerationNotReady(next.projection, next.number, 'it was filled to stay aside');
  if (next.isBulk) throw new GenerationNotReady(next.projection, next.number, 'it is still being filled in bulk, without its indexes');
  if (serving && !isForced && isBehind(next, serving)) {
    throw new GenerationBehind(next.projection, next.number, next.checkpoint.position, serving.checkpoint.position);
  }
};

/** Whether a generation lacks events that another one has. */
export const isBehind = ({ checkpoint }: Generation, { checkpoint: other }: Generation): boolean =>
  isPositionBefore(checkpoint.position, other.position);
