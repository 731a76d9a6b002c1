// Errors of the event store contract: one class for each failed intention, one stable code for each class.

// In the global symbol registry: two installed copies of this package recognise each other's errors, and no others.
const MARK = Symbol.for('mainstem.error');

/** What every error of the framework has: a stable `code` to branch on, and a message that says what to do. */
export class MainstemError extends Error {
  readonly [MARK] = true;

  constructor(
    readonly code: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * True if `error` is one of ours and, where codes are given, has one of them. Use this instead of `instanceof`: it also
 * works when two copies of a package are installed.
 */
export const isMainstemError = (error: unknown, ...codes: readonly string[]): error is MainstemError =>
  error instanceof Error && MARK in error && (codes.length === 0 || codes.includes((error as MainstemError).code));

/** `CODE: message`, of which clients are told the code alone. An error that is not ours has the code INTERNAL_ERROR. */
export const codedText = (error: unknown): string => {
  const code = isMainstemError(error) ? error.code : 'INTERNAL_ERROR';
  return `${code}: ${error instanceof Error ? error.message : String(error)}`;
};

/** The append expected another revision; nothing was written. `actual` is null for a stream without events. */
export class WrongExpectedRevision extends MainstemError {
  constructor(
    readonly stream: string,
    readonly expected: string,
    readonly actual: bigint | null,
  ) {
    super(
      'EVENT_STORE_WRONG_EXPECTED_REVISION',
      `Stream ${stream} was expected at ${expected} but is at ${actual === null ? 'no stream' : `revision ${actual}`}. ` +
        'Load it again and decide again.',
    );
  }
}

/**
 * Some streams of an append have its events already, others have not: the append is neither new nor a retry.
 * Nothing was written.
 */
export class AppendPartlyKnown extends MainstemError {
  constructor(
    readonly known: readonly string[],
    readonly unknown: readonly string[],
  ) {
    super(
      'EVENT_STORE_APPEND_PARTLY_KNOWN',
      `Of one append, ${known.join(', ')} has the events already, and ${unknown.join(', ')} has not. ` +
        'Give each append events with ids of their own, and repeat it as a whole.',
    );
  }
}

/** This store cannot append to several streams at once; nothing was written. */
export class AppendAllUnsupported extends MainstemError {
  constructor(readonly store: string) {
    super(
      'EVENT_STORE_APPEND_ALL_UNSUPPORTED',
      `${store} cannot append to several streams at once. Ask hasAppendAll before, and append to one stream after the other; ` +
        'or use the embedded event store, or the server of @mainstem/eventstoredb-server.',
    );
  }
}

/** A name, id, option or payload is not acceptable; nothing was written. `field` names the wrong field. */
export class InvalidInput extends MainstemError {
  constructor(
    readonly field: string,
    problem: string,
    /** A value that JSON cannot express: the program made it, not a client. */
    readonly isOfProgram = false,
  ) {
    super('EVENT_STORE_INVALID_INPUT', `${field}: ${problem}`);
  }
}

/** The payload breaks the rules declared on its class; nothing was written. */
export class InvalidEvent extends MainstemError {
  constructor(
    readonly type: string,
    readonly violations: readonly string[],
  ) {
    super('EVENT_STORE_INVALID_EVENT', `Event ${type} breaks its rules: ${violations.join('; ')}`);
  }
}

/** A rule of class-validator answers asynchronously, and nothing waits for it. Change the program. */
export class AsynchronousRule extends MainstemError {
  constructor(
    readonly className: string,
    readonly property: string,
    readonly rule: string,
  ) {
    super(
      'EVENT_STORE_ASYNCHRONOUS_RULE',
      `Class ${className}, field ${property}: ${rule} is asynchronous. Rules have to answer at once: ` +
        'look the answer up before you send the command, and send it as a field.',
    );
  }
}

/** A lock file of contracts cannot be read. `line` counts from 1. */
export class InvalidContractLock extends MainstemError {
  constructor(
    readonly line: number,
    readonly problem: string,
  ) {
    super('EVENT_STORE_INVALID_CONTRACT_LOCK', `Line ${line} of the lock file: ${problem}`);
  }
}

/** class-validator cannot check this field in a nested object. Change the program. */
export class UncheckableField extends MainstemError {
  constructor(
    readonly className: string,
    readonly property: string,
  ) {
    super(
      'EVENT_STORE_UNCHECKABLE_FIELD',
      `Class ${className}, field ${property}: in a nested object class-validator mistakes this field for the class of the object and cannot check it. ` +
        'Rename the field; an upcaster renames it in events that are already stored.',
    );
  }
}

/** An event, or the whole append, is larger than the store takes; nothing was written. Sizes in bytes of UTF-8. */
export class EventTooLarge extends MainstemError {
  constructor(
    readonly what: string,
    readonly bytes: number,
    readonly bytesMax: number,
  ) {
    super(
      'EVENT_STORE_EVENT_TOO_LARGE',
      `${what} has ${bytes} bytes, the limit is ${bytesMax}. Store large content elsewhere and its address in the event.`,
    );
  }
}

/** A newer program wrote the event. Only a program that knows its type and schema version can read it. */
export class NewerEvent extends MainstemError {
  constructor(
    readonly type: string,
    readonly position: bigint,
    /** The schema version that is stored. */
    readonly schemaVersion: number,
    /** The newest version that this program knows; 0 if it does not know the type. */
    readonly knownVersion: number,
  ) {
    const known = knownVersion === 0 ? 'does not know the type' : `knows version ${knownVersion}`;
    super(
      'EVENT_STORE_NEWER_EVENT',
      `A newer program has written event ${type} at position ${position}: it has schema version ${schemaVersion}, and this program ${known}. Deploy the newer program; until then, try again later.`,
    );
  }
}

/** A stored event cannot be read as its type says: broken JSON, a wrong schema version, or an upcaster that throws. */
export class UndecodableEvent extends MainstemError {
  constructor(
    readonly type: string,
    readonly position: bigint,
    problem: string,
    cause?: unknown,
  ) {
    super('EVENT_STORE_UNDECODABLE_EVENT', `Event ${type} at position ${position} cannot be decoded: ${problem}`, { cause });
  }
}

/** An AbortSignal ended the operation before it was complete. */
export class OperationAborted extends MainstemError {
  /** The failure of the last attempt, if the operation was being retried: the reason why there was no result yet. */
  readonly failure?: Error;

  constructor(operation: string, cause?: unknown, failure?: Error) {
    super('EVENT_STORE_ABORTED', `${operation} was aborted.${failure === undefined ? '' : ` Before that: ${failure.message}`}`, { cause });
    if (failure !== undefined) this.failure = failure;
  }
}

/** This process closed the store before or during the operation. */
export class EventStoreClosed extends MainstemError {
  constructor() {
    super('EVENT_STORE_CLOSED', 'The event store is closed. Open it again to go on.');
  }
}

/** This process closed the snapshot store before. */
export class SnapshotStoreClosed extends MainstemError {
  constructor() {
    super('SNAPSHOT_STORE_CLOSED', 'The snapshot store is closed. Open it again to go on.');
  }
}

/** The event store was restored to an earlier state during a disconnection, and lost events that were read. */
export class EventStoreRestored extends MainstemError {
  constructor(
    readonly operation: string,
    readonly position: bigint,
  ) {
    super(
      'EVENT_STORE_RESTORED',
      `${operation}: the event at position ${position} was read and is not there any more. The event store was restored to an earlier state, ` +
        'or the event was deleted. Read again from the start.',
    );
  }
}

/**
 * The target of a copy does not end where the copy left it. Either a write of a copy that was killed took effect after
 * this one had looked, or others append to it. Nothing of this batch was written.
 */
export class CopyOvertaken extends MainstemError {
  constructor(readonly expected: string | undefined) {
    const end = expected === undefined ? 'was empty' : `ended with event ${expected}`;
    super(
      'EVENT_STORE_COPY_OVERTAKEN',
      `The target of the copy ${end} a moment ago, and has other events now. Run the same command again: ` +
        'it goes on after a copy that was killed, or tells that the target is foreign. Then stop what appends to it, and begin with an empty one.',
    );
  }
}

/** An event of a copy is not the next one of its stream: those before it are not in the source any more. */
export class CopyGap extends MainstemError {
  constructor(
    readonly stream: string,
    readonly revision: bigint,
  ) {
    super(
      'EVENT_STORE_COPY_GAP',
      `The event before ${stream}@${revision} is not in the copy: the source does not show it, because it was deleted and scavenged, is a link, or is no JSON. ` +
        'A stream cannot be copied without its beginning.',
    );
  }
}

/** An event cannot be kept by every store as it is; nothing of it was written. */
export class NotCopyable extends MainstemError {
  constructor(
    readonly stream: string,
    readonly revision: bigint,
    problem: string,
    cause?: unknown,
  ) {
    super('EVENT_STORE_NOT_COPYABLE', `The event ${stream}@${revision} cannot be copied: ${problem}.`, { cause });
  }
}

/** Throws OperationAborted if the signal has fired. `failure` is why the operation would be repeated. */
export const throwIfAborted = (signal: AbortSignal | undefined, operation: string, failure?: Error): void => {
  if (signal?.aborted) throw new OperationAborted(operation, signal.reason, failure);
};

/** Makes a switch over a closed union fail to compile when a case is missing, and fail loudly at run time. */
export const assertNever = (value: never): never => {
  throw new TypeError(`Unexpected value: ${JSON.stringify(value)}`);
};

/** Two categories of one application can make the same stream. Change the program. */
export class AmbiguousCategory extends MainstemError {
  constructor(
    readonly category: string,
    readonly longer: string,
  ) {
    super(
      'EVENT_STORE_AMBIGUOUS_CATEGORY',
      `The categories "${category}" and "${longer}" can make the same stream: ${longer}-1 could belong to both. Rename one of them so that it does not begin with "${category}-"`,
    );
  }
}
