// What a read store brings that can change a record in one step: `RecordedReadStore` makes the port of it.
import type { Generation } from '../read-store/checkpoint.js';
import type { LeaseAnswer, LeaseKey } from '../read-store/lease.js';
import type {
  CommitBatch,
  GenerationSnapshot,
  OpenSessionOptions,
  ParkedEvent,
  ProjectionDescriptor,
  ReadStoreSession,
  ScanEntry,
  ScanOptions,
  TransactionalSession,
} from '../read-store/read-store.js';
import type { Decided } from './decide.js';
import type { LeaseCommand, LeaseRecord } from './lease-record.js';
import type { ProjectionRecord } from './projection-record.js';
import type { Claim, RecordCommand } from './record-command.js';

/** Leases as they are kept, ended or not, and the store's own clock at the same moment. */
export interface LeaseBook {
  readonly leases: readonly LeaseRecord[];
  readonly nowMs: number;
}

/** A session's right to write, as it goes with each commit. */
export interface CommitClaim extends Claim {
  /** The generation is filled in bulk: what only queries need may be left out. */
  readonly isBulk: boolean;
  /** The time of the commit. ISO 8601 in UTC. */
  readonly at: string;
}

/** What a session does with documents. Promises and errors are those of `ReadStoreSession`. */
export interface SessionStore<Transaction = never> extends Pick<ReadStoreSession, 'load' | 'parked' | 'parkedKeys' | 'expiredKeys'> {
  /**
   * Documents, parked events and checkpoint in one step, if the part's epoch is the claim's and its checkpoint is at `from`: what the command `commit`
   * of the record decides. Errors: READ_STORE_CHECKPOINT_MOVED otherwise, and nothing was written.
   */
  commit(batch: CommitBatch, claim: CommitClaim): Promise<void>;

  /** As `commit`, with the work's own writes in between. Only where `hasTransactions`. */
  transact?(
    work: Parameters<TransactionalSession<Transaction>['transact']>[0],
    batch: Omit<CommitBatch, 'changes'>,
    claim: CommitClaim,
  ): Promise<void>;
}

export interface RecordStore<Transaction = never> {
  /** For messages and status. */
  readonly name: string;
  /** Sessions have `transact`. */
  readonly hasTransactions: boolean;
  /** Commits of different parts of a generation may go on at the same time. */
  readonly hasPartitions: boolean;

  /** Records of one moment: of all projections that have a generation, by name; or of one projection, an empty one where there is nothing. */
  records(projection?: string): Promise<readonly ProjectionRecord[]>;

  /**
   * In one step: reads the record, decides (`decide`), keeps the record that comes of it and carries the effects out. Whatever fails leaves all as it
   * was. `projection` is what the command is about; its collections are there for `create`, `open` and `finish-bulk`.
   * Errors: those of `decide`, READ_STORE_UNAVAILABLE. A `refusal` is not thrown: what was decided stays.
   */
  change(projection: Described, command: RecordCommand): Promise<Decided>;

  /** Of one projection; of all without one. */
  leases(projection?: string): Promise<LeaseBook>;

  /** In one step: reads the lease of the command's key, decides (`decideLease`) by the store's own clock, and keeps what comes of it. */
  changeLease(command: LeaseCommand): Promise<LeaseAnswer>;

  /** Extends a lease that is the claimant's, cheaper than `changeLease` would; undefined where that cannot be told so. Optional. */
  extendLease?(claim: LeaseKey & { readonly owner: string; readonly durationMs: number }): Promise<LeaseAnswer | undefined>;

  /** Called once a session was opened, and awaited. */
  session(opened: Generation, partition: number, projection: ProjectionDescriptor, options: OpenSessionOptions): Promise<SessionStore<Transaction>>;

  /** As the port promises. */
  scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]>;
  snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result>;
  parked(projection: string, limit: number): Promise<readonly ParkedEvent[]>;
  close(): Promise<void>;
}

/** A projection by its name, with its collections where they are needed. */
export type Described = Pick<ProjectionDescriptor, 'name'> & Partial<Pick<ProjectionDescriptor, 'collections'>>;
