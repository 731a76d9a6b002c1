// Errors with the same codes in every read store.
import { MainstemError } from '@mainstem/event-store';

/** The read store cannot be reached, or failed during work; whether a commit took effect is unknown. */
export class ReadStoreUnavailable extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super('READ_STORE_UNAVAILABLE', `Read store ${store}: ${problem}`, { cause });
  }
}

/** Like `ReadStoreUnavailable`, but less at once may succeed: a statement took too long or too much memory. */
export class ReadStoreOverburdened extends ReadStoreUnavailable {
  readonly dependsOnSize = true;
}

/** True if less at once may succeed. A field, because two copies of this package may be installed. */
export const dependsOnSize = (error: unknown): boolean => error instanceof Error && 'dependsOnSize' in error && error.dependsOnSize === true;

/** The store refuses a statement as wrong, whatever the data: a retry is useless. Change the program or the store. */
export class StatementRefused extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super(
      'READ_STORE_STATEMENT_REFUSED',
      `Read store ${store} refuses a statement as wrong: ${problem.replace(/\.$/, '')}. A retry does not help: correct the statement or the entity, or undo what was changed ` +
        'in the database by hand, and start again.',
      { cause },
    );
  }
}

/** Another session was opened for this generation, or its checkpoint moved: this writer is stale and wrote nothing. */
export class CheckpointMoved extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super('READ_STORE_CHECKPOINT_MOVED', `Another instance writes ${projection} (generation ${generation}) now; nothing was written here.`);
  }
}

export class FingerprintMismatch extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super(
      'READ_STORE_FINGERPRINT_MISMATCH',
      `Generation ${generation} of ${projection} is filled by another definition; two definitions never write one generation.`,
    );
  }
}

/** A document does not fit its declared shape, or its key field does not hold its key. */
export class InvalidDocument extends MainstemError {
  constructor(
    readonly collection: string,
    /** Exactly the document's key; undefined if one of several is meant. The engine uses this, never the message. */
    readonly key: string | undefined,
    problem: string,
    cause?: unknown,
  ) {
    super('READ_STORE_INVALID_DOCUMENT', `${key === undefined ? 'A document' : `Document ${shownKey(key)}`} of ${collection}: ${problem}`, { cause });
  }
}

const SHOWN_LENGTH_MAX = 200;

/** A key for messages: whole if it is short and plain text. */
export const shownKey = (key: string): string => {
  const shown = SPECIAL.test(key) ? JSON.stringify(key) : key;
  return shown.length <= SHOWN_LENGTH_MAX ? shown : `${shown.slice(0, SHOWN_LENGTH_MAX).toWellFormed()}… (${key.length} characters)`;
};

// Control characters and halves of surrogate pairs.
const SPECIAL = /[\p{Cc}\p{Cs}]/u;

export class UnknownGeneration extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super('READ_STORE_UNKNOWN_GENERATION', `Projection ${projection} has no generation ${generation} in this read store.`);
  }
}

export class UnknownCollection extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    readonly collection: string,
  ) {
    super('READ_STORE_UNKNOWN_COLLECTION', `Generation ${generation} of ${projection} has no collection ${collection}.`);
  }
}

export class GenerationServes extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super('READ_STORE_GENERATION_SERVES', `Generation ${generation} of ${projection} serves queries; promote another one first.`);
  }
}

/** Promoting it would show queries an older position than before; nothing was changed. */
export class GenerationBehind extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    readonly actual: bigint | undefined,
    readonly expected: bigint | undefined,
  ) {
    super(
      'READ_STORE_GENERATION_BEHIND',
      `Generation ${generation} of ${projection} is at position ${actual ?? 'none'}, behind ${expected ?? 'none'}, which queries have shown already. ` +
        'Bring it up to date before it is promoted.',
    );
  }
}

/** The generation cannot serve: its indexes are missing, or it was made to stay aside; nothing was changed. */
export class GenerationNotReady extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    problem: string,
  ) {
    super('READ_STORE_GENERATION_NOT_READY', `Generation ${generation} of ${projection} cannot be promoted: ${problem}.`);
  }
}

/** The generation has lost data in its read store and serves no more; the projection fills another one by itself. */
export class GenerationDamaged extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    readonly damage: string,
  ) {
    super(
      'READ_STORE_DAMAGED',
      `Generation ${generation} of ${projection} has lost data in its read store (${damage}). It serves no more and is filled anew; find out what deletes keys there.`,
    );
  }
}
