// A stream as far as this process has folded it.
import type { EventId, Position, Revision } from '@mainstem/event-store';
import type { HeldClaims } from '../claims/held-claims.js';
import type { KnownCommands } from './known-commands.js';

/** A stream as one aggregate has folded it so far. Only the holder of the stream's lane uses it. */
export interface FoldedStream {
  state: unknown;
  /** Revision of the last folded event; undefined before the first. */
  revision: Revision | undefined;
  position: Position | undefined;
  /** Id of that event: it proves that the stream is still the folded one. */
  lastEventId: EventId | undefined;
  /** Every command with events in the stream up to `revision`. */
  readonly commands: KnownCommands;
  /** The unique values that the aggregate has. */
  held: HeldClaims;
  /** False: the state holds something changeable, so it is not kept. */
  isIsolated: boolean;
  /** When the store last proved that the stream ends here; in time of `Runtime.monotonic`. */
  provedMs: number;
  /** The store's count of changes by others, from before the stream was read. */
  changesByOthers: number | undefined;
  /** The revision from which a snapshot is due. Infinity: it gets none. */
  snapshotDue: number;
  /** What the cache knows of its size. */
  weighed?: Weighed;
}

/** What the memory of states knows of the size of one of them. */
export interface Weighed {
  readonly bytes: number;
  /** Changes until the next estimate: a large state is not measured for every command. */
  skips: number;
  /** The entry's share of the cache. */
  share: number;
}
