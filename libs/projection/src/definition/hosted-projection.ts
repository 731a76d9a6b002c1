// A projection for a projector: its read store, and what to do about failures and changes.
import type { DocumentProjection } from './document-projection.js';
import type { HandlerProjection } from './handler-projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { Reaction } from './reaction.js';
import type { RecoveryPolicy } from './recovery-policy.js';

/**
 * What happens when another definition filled the serving generation. `manual`: the projection stops with
 * PROJECTION_CHANGED. `auto`: a new generation is filled beside it and promoted once it has caught up. A retired
 * generation of this definition is brought up to date and promoted again instead.
 */
export type RebuildPolicy = 'auto' | 'manual';

/** Any declared projection; `never` stands for the transaction type of its read store. */
export type AnyProjection = DocumentProjection | HandlerProjection;

export interface HostedProjection extends Hosted {
  readonly projection: AnyProjection;
}

/** A reaction with the read store that keeps its checkpoint. `rebuild` has no meaning for it. */
export interface HostedReaction extends Hosted {
  readonly projection: Reaction;
}

/** Works beside a projection for as long as its projector runs. */
export interface Companion {
  start(): void;
  /** Resolves when its work has ended. Must not throw. */
  stop(): Promise<void>;
  /** Why its work cannot be relied on, in words; empty while all is well. */
  troubles(): readonly string[];
  /** What people should watch, by name; the status of the projection shows it. */
  figures?(): Figures;
}

/** Numbers by name; names are lower-case words with dashes. */
export type Figures = Readonly<Record<string, number>>;

export interface Hosted {
  readonly projection: AnyProjection | Reaction;
  readonly store: ReadStore;
  readonly recovery?: Partial<RecoveryPolicy>;
  /** Default `manual`. */
  readonly rebuild?: RebuildPolicy;
  readonly companion?: Companion;
}
