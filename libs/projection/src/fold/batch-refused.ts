// Events that were refused: by a projection that cannot fold one, or by a read store that cannot write them.
import type { RecordedEvent } from '@mainstem/event-store';

/** An event that could not be folded, and the key under which it would be parked. */
export interface Poison {
  readonly event: RecordedEvent;
  readonly key: string;
  readonly error: unknown;
}

/** Some event of this batch has an effect that cannot be written; which one is unknown if there are several. */
export class BatchRefused extends Error {
  constructor(
    readonly events: readonly RecordedEvent[],
    /** The failing key, if it is known. */
    readonly key: string | undefined,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}

/** A store could not handle so much at once; fewer events may succeed. The events themselves are good. */
export class BatchTooMuch extends Error {
  constructor(
    readonly size: number,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
