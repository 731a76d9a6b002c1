// Errors of the read side: definitions, engine and read stores.
import { MainstemError } from '@mainstem/event-store';

/** A projection's definition cannot work; the program has to be changed. */
export class InvalidProjection extends MainstemError {
  constructor(
    readonly projection: string,
    problem: string,
  ) {
    super('PROJECTION_INVALID_DEFINITION', `Projection ${projection}: ${problem}`);
  }
}

/** The stored generation was filled by another definition and the policy is not to rebuild by itself. */
export class ProjectionChanged extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super(
      'PROJECTION_CHANGED',
      `Projection ${projection} is not the one that filled generation ${generation}: its definition, or the number of parts that it is split into, has changed. ` +
        "Set its policy to rebuild: 'auto', or deploy the definition that filled it.",
    );
  }
}

/** The checkpoint belongs to another event store: its positions mean nothing here. */
export class ForeignEventStore extends MainstemError {
  constructor(
    readonly projection: string,
    readonly expected: string,
    readonly actual: string,
  ) {
    super(
      'PROJECTION_FOREIGN_EVENT_STORE',
      `Read model ${projection} was filled from event store ${expected}, but this one is ${actual}. ` +
        'Check the configuration; if the event store was replaced on purpose, drop the read models and let them be filled anew.',
    );
  }
}

/** An event could not be folded. Carries the event's place; the cause is what the projection threw. */
export class ProjectionFailed extends MainstemError {
  constructor(
    readonly projection: string,
    readonly key: string,
    readonly position: bigint,
    readonly type: string,
    cause: unknown,
  ) {
    super(
      'PROJECTION_FAILED',
      `Projection ${projection} failed on ${type} at position ${position} (key ${key}): ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** A read model has not reached a position within the time given. */
export class ProjectionBehind extends MainstemError {
  constructor(
    readonly projection: string,
    readonly wanted: bigint,
    readonly actual: bigint | undefined,
    readonly timeoutMs: number,
  ) {
    super(
      'PROJECTION_BEHIND',
      `Read model ${projection} is at position ${actual ?? 'none'}, not yet at ${wanted}, after ${timeoutMs} ms. Try again later.`,
    );
  }
}

/** Nobody here hosts a projection of that name. */
export class UnknownProjection extends MainstemError {
  constructor(
    readonly projection: string,
    known: readonly string[],
  ) {
    super('PROJECTION_UNKNOWN', `There is no projection ${projection}. Known: ${known.join(', ') || 'none'}.`);
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

/** The checkpoint lies beyond the end of the event store, which must have been restored to an earlier state. */
export class CheckpointAhead extends MainstemError {
  constructor(
    readonly projection: string,
    readonly store: string,
    readonly position: bigint,
    readonly head: bigint | undefined,
  ) {
    super(
      'PROJECTION_CHECKPOINT_AHEAD',
      `Read model ${projection} in ${store} is at position ${position}, but the event store ends at ${head ?? 'none'}: it was restored to an earlier state. ` +
        'Restore the newer event store, or rebuild this read model.',
    );
  }
}

/** So many keys are parked that the projection as a whole must be wrong. */
export class TooManyParked extends MainstemError {
  constructor(
    readonly projection: string,
    readonly keysMax: number,
  ) {
    super(
      'PROJECTION_TOO_MANY_PARKED',
      `Projection ${projection} has parked events of more than ${keysMax} keys. Fix the projection, then replay them.`,
    );
  }
}

/** The generation has not applied what the event store holds; it was deleted, and the one that served goes on. */
export class RebuildNotVerified extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    readonly expected: string,
    readonly actual: string,
  ) {
    super(
      'REBUILD_NOT_VERIFIED',
      `Generation ${generation} of ${projection} has applied other events than the event store holds (digest ${actual}, not ${expected}). ` +
        'It was deleted and nothing was promoted. Rebuild it again; if that fails too, check the event store.',
    );
  }
}

/** Somebody else is rebuilding the projection; nothing was changed here. */
export class RebuildRunning extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super(
      'REBUILD_RUNNING',
      `Another process is filling generation ${generation} of ${projection}. Wait until it is done (mainstem status shows how far it is), or stop it first.`,
    );
  }
}

/** There is no generation to go back to. */
export class NothingToRollBack extends MainstemError {
  constructor(
    readonly projection: string,
    problem: string,
  ) {
    super('ROLLBACK_NO_GENERATION', `Projection ${projection} cannot be rolled back: ${problem}.`);
  }
}

/** The generation to go back to was filled by another definition than this program's, so it cannot be brought up to date here. */
export class RollbackBehind extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    readonly actual: bigint | undefined,
    readonly expected: bigint | undefined,
    behindBy: string,
  ) {
    super(
      'ROLLBACK_BEHIND',
      `Generation ${generation} of ${projection} is at position ${actual ?? 'none'}, ${behindBy} behind the one that serves, and was filled by another definition. ` +
        'Roll back with the program that filled it, which brings it up to date first, or force it: queries then go back to that position.',
    );
  }
}

/** Parked events were replayed again and again while a read model was verified; nothing is known about it. */
export class VerifyDisturbed extends MainstemError {
  constructor(
    readonly projection: string,
    readonly attempts: number,
  ) {
    super(
      'PROJECTION_VERIFY_DISTURBED',
      `Parked events of ${projection} were replayed while it was being verified, ${attempts} times in a row. Verify it again when the replay is done.`,
    );
  }
}

/** The documents do not fit the memory given for verifying them, in however many parts. */
export class VerifyTooLarge extends MainstemError {
  constructor(
    readonly projection: string,
    readonly memoryBytesMax: number,
    readonly keyRangesMax: number,
  ) {
    super(
      'PROJECTION_VERIFY_TOO_LARGE',
      `Projection ${projection} cannot be verified in ${keyRangesMax} parts of ${memoryBytesMax} bytes. Raise memoryBytesMax or keyRangesMax, or verify a sample.`,
    );
  }
}

/** The event store does not reach the place up to which a generation should be filled. */
export class UntilAhead extends MainstemError {
  constructor(
    readonly until: string,
    readonly head: bigint | undefined,
  ) {
    super('PROJECTION_UNTIL_AHEAD', `There is no ${until} yet: the event store ends at ${head ?? 'none'}. Choose an earlier place.`);
  }
}

/** The projection cannot be split: one writer has to see all of its events. */
export class NotPartitionable extends MainstemError {
  constructor(
    readonly projection: string,
    problem: string,
  ) {
    super(
      'PROJECTION_NOT_PARTITIONABLE',
      `Projection ${projection} cannot be split into parts: ${problem}. Run it in one part, or move what stands in the way into a projection of its own.`,
    );
  }
}

export class InvalidPartitions extends MainstemError {
  constructor(
    readonly projection: string,
    readonly partitions: number,
    partitionsMax: number,
  ) {
    super(
      'PROJECTION_INVALID_PARTITIONS',
      `Projection ${projection} cannot have ${partitions} parts; a whole number from 1 to ${partitionsMax} is possible.`,
    );
  }
}

/** The generation is made by the instance that runs part 0, which has not done so yet; tried again until it has. */
export class PartitionWaits extends MainstemError {
  constructor(
    readonly projection: string,
    readonly partition: number,
  ) {
    super(
      'PROJECTION_PARTITION_WAITS',
      `Part ${partition} of projection ${projection} waits for its generation, which is made by whoever runs part 0. If that takes long, look at the status of part 0.`,
    );
  }
}

/** A projector was given a lease that no store can keep. */
export class InvalidLease extends MainstemError {
  constructor(problem: string) {
    super('PROJECTOR_INVALID_LEASE', `The lease of the projector is not valid: ${problem}.`);
  }
}
