// Events that were not taken: by a projection, which cannot fold one, or by a read store, which cannot write them.
import type { RecordedEvent } from '@mainstem/event-store';

/** An event that could not be folded, and the key under which it would be parked. */
export interface Poison {
  readonly event: RecordedEvent;
  readonly key: string;
  readonly error: unknown;
}

/** Somewhere in this batch is an event whose effect cannot be written; which one is not known while there are several. */
export class BatchRefused extends Error {
  constructor(
    readonly events: readonly RecordedEvent[],
    /** The key at fault, as far as it is known. */
    readonly key: string | undefined,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}

/** A store could not take so much at once; less may get through. Nothing is wrong with the events. */
export class BatchTooMuch extends Error {
  constructor(
    readonly size: number,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
