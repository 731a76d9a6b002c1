// Notices that an open session is useless: another generation serves, or the read store has lost its writes.
import { isPositionBefore, type Position } from '@mainstem/event-store';
import { checkpointIn } from '../read-store/partition.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { OpenGeneration } from './open-generation.js';
import { generationOf, servingOf } from './generations-of.js';

export class SessionWatch {
  /** The checkpoint at the last look at the read store. */
  #seen: { readonly number: number; readonly position: Position | undefined } | undefined;

  /** Another session was opened: earlier looks say nothing about it. */
  begin(): void {
    this.#seen = undefined;
  }

  /** `generations`: all of the projection, as just seen. `isFixed`: go on even if another generation serves. */
  isOvertaken(open: OpenGeneration, generations: readonly Generation[], isFixed: boolean): boolean {
    const { generation: number } = open.session;
    const mine = generationOf(generations, number);
    const seen = this.#seen;
    this.#seen = { number, position: open.committed };
    if (!isFixed && !open.isFilling && isServedElsewhere(open, generations)) return true;
    // Commits during the look may be missing in it, but not those that the last look has followed.
    const wasThere = seen?.number === number;
    const position = mine && checkpointIn(mine, open.partition.number).position;
    const wentBack = wasThere && isPositionBefore(position, seen.position);
    return wasThere && (!mine || mine.damage !== undefined || wentBack);
  }
}

/** True if another generation answers the queries. */
export const isServedElsewhere = ({ session }: OpenGeneration, generations: readonly Generation[]): boolean =>
  (servingOf(generations)?.number ?? session.generation) !== session.generation;
