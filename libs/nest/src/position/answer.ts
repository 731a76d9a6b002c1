// What a query handler returns: a value, and the position of the event store that it reflects.
import type { Position } from '@mainstem/event-store';

export interface Answer<Value> {
  readonly value: Value;
  /** Undefined while nothing has been projected. */
  readonly position: Position | undefined;
}
