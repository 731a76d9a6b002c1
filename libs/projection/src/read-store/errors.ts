// Errors that every read store tells with the same codes.
import { MainstemError } from '@mainstem/event-store';

/** The read store cannot be reached, or failed while it worked; whether a commit took effect is not known. */
export class ReadStoreUnavailable extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super('READ_STORE_UNAVAILABLE', `Read store ${store}: ${problem}`, { cause });
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
    readonly key: string,
    problem: string,
    cause?: unknown,
  ) {
    super('READ_STORE_INVALID_DOCUMENT', `Document ${key} of ${collection}: ${problem}`, { cause });
  }
}

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

/** Promoting it would take queries back behind a position that they have shown already; nothing was changed. */
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

/** The generation cannot serve: its indexes are not built yet, or it was made to stay aside; nothing was changed. */
export class GenerationNotReady extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    problem: string,
  ) {
    super('READ_STORE_GENERATION_NOT_READY', `Generation ${generation} of ${projection} cannot be promoted: ${problem}.`);
  }
}

/** The generation has lost data in its read store. It was taken aside and serves no more; the projection fills another one by itself. */
export class GenerationDamaged extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    readonly damage: string,
  ) {
    super(
      'READ_STORE_DAMAGED',
      `Generation ${generation} of ${projection} has lost data in its read store (${damage}). It serves no more and is filled anew; look for what deletes keys there.`,
    );
  }
}
