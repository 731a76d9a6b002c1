// The port of every read store. One batch is one commit: documents, parked events and checkpoint together.
import type { EventId, EventMark, Incarnation, Position, Revision, StreamName } from '@mainstem/event-store';
import type { Checkpoint, Generation } from './checkpoint.js';
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from './lease.js';
import type { Note } from './note.js';

/** The unit of a document projection: a plain object of JSON values, replaced as a whole and never changed in place. */
export type ProjectionDocument = object;

/** A class that names a document's fields; for SQL it is the TypeORM entity. The engine never constructs it. */
export type DocumentClass<Document extends ProjectionDocument = ProjectionDocument> = new () => Document;

/** When a document expires, in milliseconds since the epoch; null for never. Pure. */
export type Expiry = (document: Readonly<ProjectionDocument>) => number | null;

/** A set of documents of one shape: a projection's documents, one of its roll-ups, or a handler's table. */
export interface CollectionDescriptor {
  /** Of one projection in a read store; letters, digits and dashes. */
  readonly name: string;
  readonly document: DocumentClass;
  /** True: documents have the engine's bookkeeping in a property `$state` (a string), which queries must not show. */
  readonly hasState: boolean;
  /**
   * True: the projection itself looks documents up by more than keys, so what queries need is there even with `isBulk`.
   * Default false.
   */
  readonly hasLookups?: boolean;
}

/** What a read store must know about a projection. */
export interface ProjectionDescriptor {
  readonly name: string;
  readonly version: number;
  readonly fingerprint: string;
  readonly collections: readonly CollectionDescriptor[];
  /** The number of parts with their own checkpoints; default 1. Only stores with `hasPartitions` get more. */
  readonly partitions?: number;
}

/** An event that is parked with its error. The event store has the payload, by stream and revision. */
export interface ParkedEvent {
  /** Key of the document that could not be folded; later events of this key are parked after it, in order. */
  readonly key: string;
  readonly position: Position;
  readonly eventId: EventId;
  readonly type: string;
  readonly stream: StreamName;
  readonly revision: Revision;
  /** The cause: code and message, at most 2,000 characters. Empty for an event that only waits for another one. */
  readonly error: string;
  /** ISO 8601 in UTC. */
  readonly parkedAt: string;
}

/** Selects parked events by position, then key. To page through, give a key. */
export interface ParkedQuery {
  readonly key?: string;
  /** Strictly after this position. */
  readonly after?: Position;
  /** The most events, from 1. */
  readonly limit: number;
}

/** New documents and deleted keys of one collection; no key occurs twice. */
export interface CollectionChanges {
  readonly collection: string;
  readonly upserts: ReadonlyMap<string, ProjectionDocument>;
  readonly deletes: readonly string[];
  /** Keys among `upserts` without a document before, as far as the writer knows: only a hint. */
  readonly newKeys?: ReadonlySet<string>;
}

/** Moves a checkpoint: only from `from`, only in the session's epoch. */
export interface CheckpointMove {
  readonly from: Position | undefined;
  /** Not before `from`; equal to it when only parked events change. */
  readonly to: Position | undefined;
  readonly digest: string;
  /** Kept as it is given, even if absent: the checkpoint's `lastEvent`. */
  readonly lastEvent?: EventMark | undefined;
}

export interface CommitBatch {
  readonly changes: readonly CollectionChanges[];
  readonly checkpoint: CheckpointMove;
  /** An event that is already parked under this key keeps its place and gets the new error. */
  readonly park?: readonly ParkedEvent[];
  /** Parked events that are settled now: removed from the list before `park` is added. */
  readonly unpark?: readonly Pick<ParkedEvent, 'key' | 'position'>[];
}

/** The right to write one generation of one projection, or one part of it, until another session takes it over. */
export interface ReadStoreSession {
  readonly generation: number;
  /** As found at the opening, with the session's own epoch: the checkpoint of its part. */
  readonly checkpoint: Checkpoint;

  /** The documents of these keys as of the last commit, expired or not, if any. Errors: READ_STORE_UNAVAILABLE. */
  load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>>;

  /**
   * At most `limit` keys of documents that expire at or before a time. Stores without `expiryOf` need not have it.
   * Errors: READ_STORE_UNAVAILABLE.
   */
  expiredKeys?(collection: string, until: number, limit: number): Promise<readonly string[]>;

  /**
   * Writes a batch and moves the checkpoint, all or nothing; a store without `hasAtomicCheckpoint` makes it idempotent
   * by position.
   * Errors: READ_STORE_CHECKPOINT_MOVED: another session was opened or the checkpoint is not at `from`; nothing was
   * written, and the session is useless. READ_STORE_UNAVAILABLE: the outcome is unknown; open a new session and look at
   * its checkpoint. READ_STORE_INVALID_DOCUMENT: the store cannot hold such a document; nothing was written, and the
   * session goes on.
   */
  commit(batch: CommitBatch): Promise<void>;

  /**
   * Makes what a generation created with `isBulk` still lacks; from then on it is like any other. It may be called
   * again, and on any generation. It takes longer for more data; the checkpoint stays. Errors: those of `commit`.
   */
  finishBulk(): Promise<void>;

  /** Parked events of the generation. */
  parked(query: ParkedQuery): Promise<readonly ParkedEvent[]>;

  /** Keys that have parked events, with their number. */
  parkedKeys(): Promise<ReadonlyMap<string, number>>;

  /** Gives the right back, so that a waiting instance can take over at once. Never fails; more calls are harmless. */
  close(): Promise<void>;
}

/** A session of a store in whose transactions a handler can write. */
export interface TransactionalSession<Transaction> extends ReadStoreSession {
  /** Like `commit`, with the writes of `work` in the same transaction; its error rolls all back and is passed on. */
  transact(work: (transaction: Transaction) => Promise<void>, batch: Omit<CommitBatch, 'changes'>): Promise<void>;
}

export interface CreateGenerationOptions {
  /**
   * True: leave out what only queries need until `finishBulk`, if that is faster. The generation then serves only after
   * a promotion. Default false.
   */
  readonly isBulk?: boolean;
  /** True: it is never promoted (state `side`). Default false. */
  readonly isSide?: boolean;
}

export interface OpenSessionOptions {
  /** Call it before work that grows with the data, such as an index: otherwise the store seems not to answer. */
  readonly onLongStep?: (() => void) | undefined;
}

export interface PromoteOptions {
  /** True: promote it although it is behind the serving one: queries go back in time. Default false. */
  readonly isForced?: boolean;
  /**
   * True: if it is refused for being behind, the serving generation's writer may still be fenced off. Until that writer
   * opens a session again, the generation can be brought level and promoted. For a store whose promotion takes longer
   * than a commit, so that a busy writer would always win; others may ignore it. Default false: a refused promotion
   * fences off no writer.
   */
  readonly fencesWriter?: boolean;
}

/** A document with its key, exactly as a session loads it, with `$state`. A damaged one is an `UnreadableDocument`. */
export type ScanEntry = readonly [key: string, document: ProjectionDocument];

export interface ScanOptions {
  /** Strictly after this key; default from the first one. */
  readonly after?: string;
  /** The most entries, from 1; fewer mean that there are no more. */
  readonly limit: number;
}

/** Stands for a damaged document that does not even decode. */
export interface UnreadableDocument {
  /** The stored form, or what is known of it. */
  readonly $unreadable: string;
}

/** One generation at one moment: checkpoint, documents and parked events stay consistent, whatever is committed. */
export interface GenerationSnapshot {
  readonly generation: Generation;
  /** Like `ReadStore.scan`. */
  scan(collection: string, options: ScanOptions): Promise<readonly ScanEntry[]>;
  /** Like `ReadStoreSession.parked`. */
  parked(query: Omit<ParkedQuery, 'key'>): Promise<readonly ParkedEvent[]>;
}

/** A derived structure of a store (a leaderboard, an index) that differs from its document. */
export interface DerivedDifference {
  readonly collection: string;
  /** Key of the document; for an entry without a document, what is known of it. */
  readonly key: string;
  /** The structure: `board net`, `words`, … */
  readonly field: string;
  readonly stored: unknown;
  readonly expected: unknown;
}

export interface ReadStore {
  /** For messages and status: `sql`, `cache`, `search`, … */
  readonly name: string;
  /** Documents and checkpoint commit as one step. */
  readonly hasAtomicCheckpoint: boolean;
  /** Sessions have `transact`. */
  readonly hasTransactions: boolean;
  /**
   * True: generations may be partitioned. Each part has its own checkpoint, epoch and sessions. Sessions of different
   * parts do not fence each other off, and may commit at the same time. Only one part writes each key of documents and
   * parked events. Default false.
   */
  readonly hasPartitions?: boolean;

  /**
   * When documents of a collection expire; undefined if they do not. From then on, by the store's clock, queries do not
   * see them. Sessions, scans and snapshots do: for the engine, the recording time of an event decides, and the engine
   * removes the document. Stores without expiry do not have it.
   */
  expiryOf?(collection: string): Expiry | undefined;

  /** All generations of a projection, by number; without an argument, of all. Errors: READ_STORE_UNAVAILABLE. */
  generations(projection?: string): Promise<readonly Generation[]>;

  /**
   * Makes the next generation, `filling` and empty, with an undefined checkpoint position. If none serves and it is
   * neither bulk nor side, it serves at once. A collection belongs to one projection as long as a generation of that
   * has it. If two projections start with one collection at the same moment, in any processes, one is refused and
   * leaves nothing. Errors: PROJECTION_INVALID_DEFINITION for a collection of another projection,
   * READ_STORE_UNAVAILABLE.
   */
  createGeneration(projection: ProjectionDescriptor, incarnation: Incarnation, options?: CreateGenerationOptions): Promise<Generation>;

  /**
   * Opens a session on a generation and raises its epoch, which fences off every older session. For a partitioned
   * generation it opens one part (from 0, default 0), and fences off the sessions of that part only. Errors:
   * READ_STORE_UNKNOWN_GENERATION, READ_STORE_FINGERPRINT_MISMATCH (another definition fills it),
   * READ_STORE_UNAVAILABLE.
   */
  open(projection: ProjectionDescriptor, generation: number, partition?: number, options?: OpenSessionOptions): Promise<ReadStoreSession>;

  /**
   * Makes a generation the serving one, in one step for readers. The former one is retired and its sessions are fenced
   * off, so that no writer reports later writes there as visible. Does nothing if it serves already. Errors:
   * READ_STORE_GENERATION_BEHIND if queries would go back behind a shown position, READ_STORE_GENERATION_NOT_READY for
   * a bulk generation before `finishBulk` and for a `side` one, READ_STORE_UNKNOWN_GENERATION.
   */
  promote(projection: string, generation: number, options?: PromoteOptions): Promise<void>;

  /** Deletes a generation that does not serve. Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_GENERATION_SERVES. */
  dropGeneration(projection: string, generation: number): Promise<void>;

  /**
   * Names of all projections with any data: generations, or the rest of an interrupted start or `forget`. Errors:
   * READ_STORE_UNAVAILABLE.
   */
  projections(): Promise<readonly string[]>;

  /**
   * Deletes everything of a projection, also the serving generation: documents, checkpoints, parked events, notes and
   * leases. Its collections are then free for other projections. An open session writes nothing any more, even after a
   * new projection of that name has started; for that a store may keep the last number of a generation. After an
   * interruption, call it again; without data it does nothing. It does not ask who runs the projection:
   * `forgetProjection` does. Errors: READ_STORE_UNAVAILABLE, and what keeps the store from deleting.
   */
  forget(projection: string): Promise<void>;

  /**
   * A page of a collection, in any state of its generation, by key in code-point order (that of its UTF-8 bytes). Each
   * page is one consistent view; two pages may see different states of a generation that is being written. Errors:
   * READ_STORE_UNKNOWN_GENERATION, READ_STORE_UNKNOWN_COLLECTION, READ_STORE_UNAVAILABLE.
   */
  scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]>;

  /**
   * Runs `work` on one unchanging view of a generation, while writers go on. It should take seconds, because the store
   * keeps what writers replace meanwhile. Errors: those of `scan`, and of `work`.
   */
  snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result>;

  /**
   * Compares what the store derives from documents (leaderboards, an index) with the documents, on one unchanging view.
   * Stores without derived data do not have it. The signal ends it early. Errors: those of `scan`.
   */
  checkDerived?(projection: string, generation: number, signal?: AbortSignal): Promise<readonly DerivedDifference[]>;

  /**
   * Resolves when queries see everything up to the checkpoints that the serving generations of these projections had at
   * the call. Stores whose queries see a commit at once do not have it. Errors: READ_STORE_UNAVAILABLE.
   */
  makeVisible?(projections: readonly string[]): Promise<void>;

  /** Parked events of the serving generation, by position. For lists; the engine uses its session. */
  parked(projection: string, limit: number): Promise<readonly ParkedEvent[]>;

  /**
   * Takes a lease that is free or has ended, or extends the claimant's own, in one step: of several concurrent
   * claimants exactly one gets it. The store's own clock counts, not those of its clients; a lease that would last
   * longer than claimed (that clock was set back) has ended. It gives no right to write: sessions and epochs ignore it.
   * Errors: READ_STORE_UNAVAILABLE.
   */
  claimLease(claim: LeaseClaim): Promise<LeaseAnswer>;

  /** Ends the owner's own lease at once; another owner's stays. Errors: READ_STORE_UNAVAILABLE. */
  releaseLease(lease: LeaseKey & { readonly owner: string }): Promise<void>;

  /** All leases of a projection that have not ended; without an argument, of all. Errors: READ_STORE_UNAVAILABLE. */
  leases(projection?: string): Promise<readonly HeldLease[]>;

  /**
   * What operators have told about these projections, with generations or without, in any order. It sees each note that
   * was acknowledged before. Errors: READ_STORE_UNAVAILABLE.
   */
  notes(projections: readonly string[]): Promise<readonly Note[]>;

  /**
   * Writes a note over the one of its name, or removes it (`undefined`); both may be repeated. It disturbs no session,
   * and only `forget` removes notes by itself. Errors: READ_STORE_UNAVAILABLE.
   */
  note(projection: string, name: string, text: string | undefined): Promise<void>;

  close(): Promise<void>;
}
