// Events as the log holds them: as bytes, from any writer.

/** An event on its way into the log. */
export interface ProposedEvent {
  /** A UUID in lower case. */
  readonly id: string;
  readonly type: string;
  /** The writer's claim about `data`; the log does not check it. */
  readonly isJson: boolean;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

export interface LogEvent extends ProposedEvent {
  readonly stream: string;
  /** From 0; see `TOMBSTONE_REVISION`. */
  readonly revision: number;
  /** From 1. */
  readonly position: number;
  /** Milliseconds since the Unix epoch. */
  readonly recordedAtMs: number;
}

export const LINK_TYPE = '$>';
