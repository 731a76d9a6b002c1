// What the parts of one store share.
import type { Runtime } from '@mainstem/event-store';
import type { ClientHolder } from './client-holder.js';
import type { PatienceLimits } from './patience.js';

export interface Timeouts {
  /** For an answer, or for the next part of one; then the connection is held for dead. */
  readonly answerMs: number;
  /** For an append over all its attempts, for a read since it last got anything. */
  readonly patience: PatienceLimits;
}

export interface StoreContext {
  readonly runtime: Runtime;
  readonly holder: ClientHolder;
  readonly timeouts: Timeouts;
  /** Takes secrets out of texts. */
  readonly redact: (text: string) => string;
}
