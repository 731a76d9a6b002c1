// The port that every read store implements. One batch is one commit: documents, parked events and checkpoint together.
import type { EventId, EventMark, Incarnation, Position, Revision, StreamName } from '@mainstem/event-store';
import type { Checkpoint, Generation } from './checkpoint.js';
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from './lease.js';

/** The unit of a document projection: a plain object of JSON values, replaced as a whole and never changed in place. */
export type ProjectionDocument = object;

/** Class that names a document's fields; for SQL it is the TypeORM entity. It is never constructed by the engine. */
export type DocumentClass<Document extends ProjectionDocument = ProjectionDocument> = new () => Document;

/** When a document expires, in milliseconds since the epoch; null for never. Pure. */
export type Expiry = (document: Readonly<ProjectionDocument>) => number | null;

/** A set of documents with one shape: the documents of a projection, or one of its roll-ups, or a table of a handler projection. */
export interface CollectionDescriptor {
  /** Of one projection in a read store; letters, digits and dashes. */
  readonly name: string;
  readonly document: DocumentClass;
  /** Documents carry the engine's own bookkeeping in a property `$state` (a string), which queries must not show. */
  readonly hasState: boolean;
  /** The projection itself looks documents up by more than their keys: what queries need is there while it is filled, with `isBulk` too. Default false. */
  readonly hasLookups?: boolean;
}

/** What a read store has to know about a projection. */
export interface ProjectionDescriptor {
  readonly name: string;
  readonly version: number;
  readonly fingerprint: string;
  readonly collections: readonly CollectionDescriptor[];
  /** Parts with a checkpoint of their own that a generation has; default 1. Only stores with `hasPartitions` are given more. */
  readonly partitions?: number;
}

/** An event set aside with its error. The payload stays in the event store, found by stream and revision. */
export interface ParkedEvent {
  /** Key of the document that could not be folded; later events of this key are parked behind it, in order. */
  readonly key: string;
  readonly position: Position;
  readonly eventId: EventId;
  readonly type: string;
  readonly stream: StreamName;
  readonly revision: Revision;
  /** Why: code and message, at most 2,000 characters. Empty for an event that only waits behind another one. */
  readonly error: string;
  /** ISO 8601 in UTC. */
  readonly parkedAt: string;
}

/** New documents and deleted keys of one collection; no key occurs twice. */
export interface CollectionChanges {
  readonly collection: string;
  readonly upserts: ReadonlyMap<string, ProjectionDocument>;
  readonly deletes: readonly string[];
  /** Keys among `upserts` that had no document before, as far as the writer knows. A hint that a store may use but must not believe. */
  readonly newKeys?: ReadonlySet<string>;
}

/** Moves a checkpoint: only from `from`, only in the session's epoch. */
export interface CheckpointMove {
  readonly from: Position | undefined;
  /** Not before `from`; equal to it when only parked events change. */
  readonly to: Position | undefined;
  readonly digest: string;
  /** Kept as it is given, absent included: the checkpoint's `lastEvent`. */
  readonly lastEvent?: EventMark | undefined;
}

export interface CommitBatch {
  readonly changes: readonly CollectionChanges[];
  readonly checkpoint: CheckpointMove;
  /** An event that is parked already under this key keeps its place and takes the new error. */
  readonly park?: readonly ParkedEvent[];
  /** Parked events that are settled now: removed from the list, before `park` is added to it. */
  readonly unpark?: readonly Pick<ParkedEvent, 'key' | 'position'>[];
}

/** The right to write one generation of one projection, or one part of it, until another session takes it over. */
export interface ReadStoreSession {
  readonly generation: number;
  /** As found when the session was opened, with the session's own epoch: that of its part. */
  readonly checkpoint: Checkpoint;

  /** The documents of these keys as of the last commit, expired or not; keys without a document are absent. Errors: READ_STORE_UNAVAILABLE. */
  load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>>;

  /**
   * Writes a batch and moves the checkpoint, all or nothing (a store without that, see `hasAtomicCheckpoint`, makes it idempotent by position).
   * Errors: READ_STORE_CHECKPOINT_MOVED when another session was opened or the checkpoint is not at `from`: nothing was written, the
   * session is of no use any more; READ_STORE_UNAVAILABLE: nothing is known, open a new session and look at its checkpoint;
   * READ_STORE_INVALID_DOCUMENT: the store cannot hold such a document; nothing was written and the session goes on.
   */
  commit(batch: CommitBatch): Promise<void>;

  /** Parked events in the order of their positions (then keys), strictly after a position, at most `limit`. To page through, give a key. */
  parked(options: { readonly key?: string; readonly after?: Position; readonly limit: number }): Promise<readonly ParkedEvent[]>;

  /**
   * Makes what a generation created with `isBulk` still lacks; from then on it is like any other. May be called again, and on any generation.
   * Takes as long as the data is large; the checkpoint stays where it is. Errors: as `commit`.
   */
  finishBulk(): Promise<void>;

  /** Keys of documents that expire at or before a time, `limit` of them at most. Sessions of stores without `expiryOf` need not have it. Errors: READ_STORE_UNAVAILABLE. */
  expiredKeys?(collection: string, until: number, limit: number): Promise<readonly string[]>;

  /** Keys that have parked events, with their number. */
  parkedKeys(): Promise<ReadonlyMap<string, number>>;

  /** Gives the right back, so that a waiting instance can take over at once. Never fails; may be called again. */
  close(): Promise<void>;
}

/** A session of a store that lets a handler write through its own transaction type. */
export interface TransactionalSession<Transaction> extends ReadStoreSession {
  /** As `commit`, with the writes done by `work` in the same transaction; what it throws rolls everything back and is thrown on. */
  transact(work: (transaction: Transaction) => Promise<void>, batch: Omit<CommitBatch, 'changes'>): Promise<void>;
}

export interface CreateGenerationOptions {
  /** Leave out what only queries need until `finishBulk`, where that makes filling faster. Such a generation never serves before it is promoted. Default false. */
  readonly isBulk?: boolean;
  /** It is never to be promoted: state `side`. Default false. */
  readonly isSide?: boolean;
}

export interface OpenSessionOptions {
  /** To be called before work that takes as long as the data is large, such as an index: otherwise it is taken for a store that does not answer. */
  readonly onLongStep?: (() => void) | undefined;
}

export interface PromoteOptions {
  /** Promote it although it is behind the one that serves: queries go back in time. Default false. */
  readonly isForced?: boolean;
  /**
   * When it is refused for being behind, the writer of the one that serves may be fenced off all the same: before that one has opened a session
   * again, the generation can be brought level and promoted. For a store whose promotion takes longer than a commit, so that a busy writer
   * would win for ever; others need not heed it. Default false: a refused promotion fences nobody.
   */
  readonly fencesWriter?: boolean;
}

/** A document with its key, exactly as a session loads it, `$state` included. One that cannot be read any more is an `UnreadableDocument`. */
export type ScanEntry = readonly [key: string, document: ProjectionDocument];

export interface ScanOptions {
  /** Strictly after this key; default from the first one. */
  readonly after?: string;
  /** Entries at most, from 1; fewer mean that there are no more. */
  readonly limit: number;
}

/** Stands for a stored document that was damaged so that it does not even decode. */
export interface UnreadableDocument {
  /** As stored, or what is known of it. */
  readonly $unreadable: string;
}

/** One generation at one moment: checkpoint, documents and parked events belong together, whatever is committed meanwhile. */
export interface GenerationSnapshot {
  readonly generation: Generation;
  /** As `ReadStore.scan`. */
  scan(collection: string, options: ScanOptions): Promise<readonly ScanEntry[]>;
  /** As `ReadStoreSession.parked`. */
  parked(options: { readonly after?: Position; readonly limit: number }): Promise<readonly ParkedEvent[]>;
}

/** A derived structure of a store (a leaderboard, an index) that does not fit the document it was derived from. */
export interface DerivedDifference {
  readonly collection: string;
  /** Key of the document; for an entry that no document accounts for, what is known of it. */
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
   * Generations may be split: each part has a checkpoint, an epoch and sessions of its own, and sessions of different parts do not fence each other
   * off and may commit at the same time. Keys of documents and of parked events are then each written by one part alone. Default false.
   */
  readonly hasPartitions?: boolean;

  /**
   * When documents of a collection expire; undefined where they do not. From then on, by the store's clock, queries do not see them. Sessions, scans and
   * snapshots do: for the engine a document is gone by the time when an event was recorded, and it is the engine that removes it. Stores whose
   * documents never expire do not have it.
   */
  expiryOf?(collection: string): Expiry | undefined;

  /** All generations of a projection, by number; of all projections without an argument. Errors: READ_STORE_UNAVAILABLE. */
  generations(projection?: string): Promise<readonly Generation[]>;

  /**
   * Makes the next generation, `filling` and empty, with checkpoint position undefined. Where none serves and it is neither bulk nor side, it
   * serves at once. A collection belongs to one projection for as long as a generation of that has it: of two projections that begin with one
   * collection at the same moment, in whatever processes, one is refused and leaves nothing.
   * Errors: PROJECTION_INVALID_DEFINITION for a collection of another projection, READ_STORE_UNAVAILABLE.
   */
  createGeneration(projection: ProjectionDescriptor, incarnation: Incarnation, options?: CreateGenerationOptions): Promise<Generation>;

  /**
   * Opens a session on a generation and raises its epoch: every older session of it is fenced off. Of a generation that is split it opens one part
   * (from 0, default 0), and fences off the sessions of that part alone.
   * Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_FINGERPRINT_MISMATCH (another definition fills it), READ_STORE_UNAVAILABLE.
   */
  open(projection: ProjectionDescriptor, generation: number, partition?: number, options?: OpenSessionOptions): Promise<ReadStoreSession>;

  /**
   * Makes a generation the one that serves, in one step for readers. The one before is retired and its sessions fenced off, so that nobody
   * takes for visible what is written there from now on. Does nothing if it serves already.
   * Errors: READ_STORE_GENERATION_BEHIND when its checkpoint is behind that of the one that serves: queries would go back behind a position
   * already shown; READ_STORE_GENERATION_NOT_READY for a bulk generation before `finishBulk` and for a `side` one; READ_STORE_UNKNOWN_GENERATION.
   */
  promote(projection: string, generation: number, options?: PromoteOptions): Promise<void>;

  /** Deletes a generation that does not serve. Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_GENERATION_SERVES. */
  dropGeneration(projection: string, generation: number): Promise<void>;

  /** Names of all projections that the store holds anything of: generations, or what is left of an interrupted start or `forget`. Errors: READ_STORE_UNAVAILABLE. */
  projections(): Promise<readonly string[]>;

  /**
   * Deletes everything of a projection, also what serves: documents, checkpoints, parked events and leases. Its collections are free for other
   * projections afterwards. A session that is still open writes nothing any more, also when a projection of that name begins anew; for that a store may
   * keep the last number of a generation. Interrupted, it is called again and goes on; where there is nothing it does nothing. It does not ask who runs
   * the projection: `forgetProjection` does. Errors: READ_STORE_UNAVAILABLE, and what keeps the store from deleting it.
   */
  forget(projection: string): Promise<void>;

  /**
   * A page of a collection, in any state of its generation, by key in code-point order (that of its UTF-8 bytes). Each page is one consistent
   * view; two pages may see different states of a generation that is being written.
   * Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_UNKNOWN_COLLECTION, READ_STORE_UNAVAILABLE.
   */
  scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]>;

  /**
   * Runs `work` on one unchanging view of a generation; nobody waits for it, writers go on. It is meant to take seconds, for what the writers
   * replace meanwhile has to be kept. Errors: as `scan`; what `work` throws is thrown on.
   */
  snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result>;

  /**
   * Compares what the store derives from documents (leaderboards, an index) with the documents, on one unchanging view. Stores that derive
   * nothing do not have it. The signal ends it early. Errors: as `scan`.
   */
  checkDerived?(projection: string, generation: number, signal?: AbortSignal): Promise<readonly DerivedDifference[]>;

  /**
   * Resolves once queries see everything up to the checkpoints that the serving generations of these projections had at the time of the call.
   * Stores whose queries see a commit at once do not have it. Errors: READ_STORE_UNAVAILABLE.
   */
  makeVisible?(projections: readonly string[]): Promise<void>;

  /** Parked events of the serving generation, by position. For lists; the engine uses its session. */
  parked(projection: string, limit: number): Promise<readonly ParkedEvent[]>;

  /**
   * Takes a lease that is free or has ended, or extends one's own, in one step: of several who claim at once one holds it. Time is that of the
   * store's own clock, whatever the clocks of its clients say; a lease that would last longer than it was claimed for (somebody set that clock
   * back) has ended. It gives no right to write: sessions and epochs do not know of it. Errors: READ_STORE_UNAVAILABLE.
   */
  claimLease(claim: LeaseClaim): Promise<LeaseAnswer>;

  /** Ends the owner's own lease at once; does nothing to anybody else's. Errors: READ_STORE_UNAVAILABLE. */
  releaseLease(lease: LeaseKey & { readonly owner: string }): Promise<void>;

  /** All leases of a projection that have not ended; of all projections without an argument. Errors: READ_STORE_UNAVAILABLE. */
  leases(projection?: string): Promise<readonly HeldLease[]>;

  close(): Promise<void>;
}
