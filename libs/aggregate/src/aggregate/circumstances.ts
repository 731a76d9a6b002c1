// What a decision may look at besides its command and the state.
import type { JsonValue } from '@mainstem/event-store';

/** What `decide` may read besides command and state. The events record all of it, so a decision can be repeated. */
export interface Circumstances {
  /** The executor's clock, ISO 8601 in UTC; constant within one decision. If read, it becomes metadata `decidedAt`. */
  readonly now: string;
  /** From the command's context. */
  readonly metadata: Readonly<Record<string, JsonValue | undefined>>;
}
