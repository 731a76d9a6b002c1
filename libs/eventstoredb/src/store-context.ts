// What the parts of one store share.
import type { Runtime } from '@mainstem/event-store';
import type { ClientHolder } from './client-holder.js';

export interface Timeouts {
  /** For an answer, or for the next part of one; then the connection is held for dead. */
  readonly answerMs: number;
  /** For an append, over all its attempts. */
  readonly appendMs: number;
  /** For a read, since it last got anything. */
  readonly readMs: number;
}

export interface StoreContext {
  readonly runtime: Runtime;
  readonly holder: ClientHolder;
  readonly timeouts: Timeouts;
  /** Takes secrets out of texts. */
  readonly redact: (text: string) => string;
}
