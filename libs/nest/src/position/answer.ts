// The result of a query handler: a value, and the position of the event store that it reflects.
import type { Position } from '@mainstem/event-store';

export interface Answer<Value> {
  readonly value: Value;
  /** Undefined if nothing has been projected yet. */
  readonly position: Position | undefined;
}

/** An error that is an answer, such as "not found": a query handler throws it with its position. */
export interface Reflecting {
  /** Undefined if nothing has been projected yet. */
  readonly reflects: Position | undefined;
}

export const isReflecting = (error: unknown): error is Error & Reflecting => error instanceof Error && 'reflects' in error;
