// What a query handler returns: a value, and the position of the event store that it reflects.
import type { Position } from '@mainstem/event-store';

export interface Answer<Value> {
  readonly value: Value;
  /** Undefined while nothing has been projected. */
  readonly position: Position | undefined;
}

/** An error that is an answer all the same, such as that something is not there: thrown by a query handler, it tells its position too. */
export interface Reflecting {
  /** Undefined while nothing has been projected. */
  readonly reflects: Position | undefined;
}

export const isReflecting = (error: unknown): error is Error & Reflecting => error instanceof Error && 'reflects' in error;
