// A read store that can change a record in one step; `RecordedReadStore` makes the port from it.
import type { Generation } from '../read-store/checkpoint.js';
import type { LeaseAnswer, LeaseKey } from '../read-store/lease.js';
import type { Note } from '../read-store/note.js';
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

/** The stored leases, ended or not, and the store's own clock at the same moment. */
export interface LeaseBook {
  readonly leases: readonly LeaseRecord[];
  readonly nowMs: number;
}

/** A session's right to write, which accompanies each commit. */
export interface CommitClaim extends Claim {
  /** True: the generation is in a bulk load, so what only queries need may be left out. */
  readonly isBulk: boolean;
  /** The time of the commit. ISO 8601 in UTC. */
  readonly at: string;
}

/** How a session handles documents. Promises and errors are those of `ReadStoreSession`. */
export interface SessionStore<Transaction = never> extends Pick<ReadStoreSession, 'load' | 'parked' | 'parkedKeys' | 'expiredKeys'> {
  /**
   * Documents, parked events and checkpoint in one step, if the part's epoch is the claim's and its checkpoint is at
   * `from`; see the command `commit`. Errors: READ_STORE_CHECKPOINT_MOVED otherwise; then nothing was written.
   */
  commit(batch: CommitBatch, claim: CommitClaim): Promise<void>;

  /** Like `commit`, with the work's own writes in between. Only with `hasTransactions`. */
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
  /** True: different parts of a generation may commit at the same time. */
  readonly hasPartitions: boolean;

  /** Records of one moment, by name: of all projections with a generation, or of one, which may be empty. */
  records(projection?: string): Promise<readonly ProjectionRecord[]>;

  /**
   * In one step: reads the record, decides (`decide`), stores the new record and carries the effects out. A failure
   * leaves everything unchanged. `projection` is that of the command; its collections are present for `create`, `open`
   * and `finish-bulk`. Errors: those of `decide`, READ_STORE_UNAVAILABLE. It does not throw a `refusal`: the decision
   * stays.
   */
  change(projection: Described, command: RecordCommand): Promise<Decided>;

  /** Of one projection; of all if none is given. */
  leases(projection?: string): Promise<LeaseBook>;

  /**
   * In one step: reads the command's lease, decides (`decideLease`) by the store's own clock, and stores the result.
   */
  changeLease(command: LeaseCommand): Promise<LeaseAnswer>;

  /** Extends a lease of the claimant, cheaper than `changeLease`; undefined if that is unknown. Optional. */
  extendLease?(claim: LeaseKey & { readonly owner: string; readonly durationMs: number }): Promise<LeaseAnswer | undefined>;

  /** As the port promises. */
  notes(projections: readonly string[]): Promise<readonly Note[]>;
  note(projection: string, name: string, text: string | undefined): Promise<void>;

  /** Called and awaited after a session was opened. */
  session(opened: Generation, partition: number, projection: ProjectionDescriptor, options: OpenSessionOptions): Promise<SessionStore<Transaction>>;

  /** As the port promises. */
  scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]>;
  snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result>;
  parked(projection: string, limit: number): Promise<readonly ParkedEvent[]>;
  close(): Promise<void>;
}

/** A projection by its name, with its collections where they are needed. */
export type Described = Pick<ProjectionDescriptor, 'name'> & Partial<Pick<ProjectionDescriptor, 'collections'>>;
