// What the parts of one store share.
import type { Runtime } from '@mainstem/event-store';
import type { ClientHolder } from './client-holder.js';
import type { PatienceLimits } from './patience.js';

export interface Timeouts {
  /** The longest wait for an answer, or for the next part of one; then the connection counts as dead. */
  readonly answerMs: number;
  /** For an append: over all its attempts. For a read: since it last received anything. */
  readonly patience: PatienceLimits;
}

export interface StoreContext {
  readonly runtime: Runtime;
  readonly holder: ClientHolder;
  readonly timeouts: Timeouts;
  /** Removes secrets from texts. */
  readonly redact: (text: string) => string;
}
