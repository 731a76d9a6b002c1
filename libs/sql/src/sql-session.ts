// The right to write one generation: rows and checkpoint in one transaction, fenced by the epoch.
import { isMainstemError } from '@mainstem/event-store';
import { checkpointIn, CheckpointMoved, FingerprintMismatch, InvalidDocument, ReadStoreUnavailable } from '@mainstem/projection/adapter';
import type {
  Checkpoint,
  CheckpointMove,
  CollectionDescriptor,
  CommitBatch,
  Generation,
  ParkedEvent,
  ProjectionDocument,
  TransactionalSession,
} from '@mainstem/projection/adapter';
import type { GenerationOwner, GenerationRecords } from './bookkeeping/generation-records.js';
import type { ParkedRecords } from './bookkeeping/parked-records.js';
import { UnsupportedEntity } from './errors.js';
import type { StatementOrigin } from './failure-origin.js';
import type { GenerationTables } from './generation-tables.js';
import { RefusedAtCommit } from './refused-at-commit.js';
import type { CollectionTable, SqlConnection, SqlDatabase } from './sql-database.js';
import { ConnectionTransaction } from './sql-transaction.js';
import type { SqlTransaction } from './sql-transaction.js';

/** More than that in one commit are halved by the engine first. */
const DOCUMENTS_TRIED_MAX = 1_000;
/** Each of so many is left out once, while all others are written. */
const LEFT_OUT_MAX = 20;

/** Where a session writes. */
export interface SessionTarget {
  readonly opened: Generation;
  readonly partition: number;
  readonly collections: readonly CollectionDescriptor[];
  /** By collection name. */
  readonly tables: ReadonlyMap<string, CollectionTable>;
  /** ISO 8601 in UTC. */
  readonly now: () => string;
}

/** What sessions of one store share. */
export interface SessionParts {
  /** Its name. */
  readonly store: string;
  readonly database: SqlDatabase;
  readonly generations: GenerationRecords;
  readonly parked: ParkedRecords;
  readonly tables: GenerationTables;
}

/** A session of the SQL read store, on either dialect. */
export class SqlReadStoreSession implements TransactionalSession<SqlTransaction> {
  readonly generation: number;
  readonly checkpoint: Checkpoint;
  readonly #projection: string;
  readonly #partition: number;
  readonly #tables: ReadonlyMap<string, CollectionTable>;
  readonly #now: () => string;
  readonly #collections: readonly CollectionDescriptor[];
  #isClosed = false;

  constructor(
    private readonly parts: SessionParts,
    { opened, partition, collections, tables, now }: SessionTarget,
  ) {
    this.generation = opened.number;
    this.checkpoint = checkpointIn(opened, partition);
    this.#partition = partition;
    this.#projection = opened.projection;
    this.#tables = tables;
    this.#now = now;
    this.#collections = collections;
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    const table = this.#table(collection);
    if (keys.length === 0) return new Map();
    return this.parts.database.use((connection) => connection.load(table, keys));
  }

  async commit({ changes, ...batch }: CommitBatch): Promise<void> {
    try {
      await this.#inBatch(batch, async (connection) => {
        for (const { collection, upserts, deletes, newKeys } of changes) {
          const table = this.#table(collection);
          if (upserts.size > 0) await connection.upsert(table, upserts, newKeys);
          if (deletes.length > 0) await connection.delete(table, deletes);
        }
      });
    } catch (error) {
      throw await this.#named(error, changes);
    }
  }

  async transact(work: (transaction: SqlTransaction) => Promise<void>, batch: Omit<CommitBatch, 'changes'>): Promise<void> {
    const handle = async (connection: SqlConnection): Promise<void> => {
      const transaction = new ConnectionTransaction(this.parts.store, connection, (collection) => this.#table(collection));
      try {
        await work(transaction);
      } finally {
        transaction.end();
      }
      transaction.assertWhole();
    };
    await this.#inBatch(batch, handle, 'handler');
  }

  async parked(options: {
    readonly key?: string;
    readonly after?: ParkedEvent['position'];
    readonly limit: number;
  }): Promise<readonly ParkedEvent[]> {
    return this.parts.database.use((connection) => this.parts.parked.list(connection, this.#selection, options));
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    return this.parts.database.use((connection) => this.parts.parked.keys(connection, this.#selection));
  }

  /**
   * Makes the indexes that today's entities have and the tables lack, and drops those that are there no more; takes as long as the data is large,
   * and says so before (`onLongStep`). An index that cannot be dropped now is left for the next session.
   * Errors: READ_STORE_FINGERPRINT_MISMATCH if a row does not fit into an index; otherwise as `commit`.
   */
  async matchIndexes({ isBulk }: Pick<Generation, 'isBulk'>, onLongStep?: () => void): Promise<void> {
    const { database, tables } = this.parts;
    const indexed = this.#collections.filter(({ hasLookups = false }) => !isBulk || hasLookups);
    const { missing, superseded } = await database.use((connection) => tables.indexChanges(connection, indexed, this.generation));
    if (missing.length > 0) onLongStep?.();
    try {
      for (const sql of missing) await this.#touched((connection) => connection.runLong(sql));
    } catch (error) {
      throw isMainstemError(error, 'READ_STORE_STATEMENT_REFUSED') ? new FingerprintMismatch(this.#projection, this.generation) : error;
    }
    try {
      for (const sql of superseded) await this.#touched((connection) => connection.runBriefly(sql));
    } catch (error) {
      // Readers, a backup, or a role that does not own the table: what is only superfluous must not keep the projection from its work.
      if (!isMainstemError(error, 'READ_STORE_UNAVAILABLE') && !isMainstemError(error, 'READ_STORE_PERMISSION_DENIED')) throw error;
    }
  }

  async finishBulk(): Promise<void> {
    const { generations, tables } = this.parts;
    // One transaction an index: on SQLite a transaction that writes keeps all other writers waiting.
    for (const sql of tables.indexStatements(this.#collections, this.generation)) {
      await this.#touched((connection) => connection.runLong(sql));
    }
    await this.#inEpoch((connection) => generations.finishBulk(connection, this.#owner));
  }

  /** The epoch alone gives the right to write, so there is nothing to release in the database. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** The refusal of one document of several, with its key: each is tried alone, in a transaction that is undone. */
  async #named(error: unknown, changes: CommitBatch['changes']): Promise<unknown> {
    if (error instanceof RefusedAtCommit) return this.#namedWithout(error, changes);
    if (!isMainstemError(error, 'READ_STORE_INVALID_DOCUMENT') || (error as InvalidDocument).key !== undefined) return error;
    const ofCollection = changes.find(({ collection }) => collection === (error as InvalidDocument).collection);
    if (!ofCollection || ofCollection.upserts.size > DOCUMENTS_TRIED_MAX) return error;
    try {
      await this.parts.database.transact('relaxed', async (connection) => {
        for (const entry of ofCollection.upserts) await connection.upsert(this.#table(ofCollection.collection), new Map([entry]));
        throw error; // together they are refused, each alone is not
      });
    } catch (named) {
      return named;
    }
    return error;
  }

  /**
   * As `#named`, of what the commit has refused. Documents may depend on each other then, so each is left out in turn: the one without which the
   * others are taken is at fault. Of many documents none is named: the engine comes with fewer.
   */
  async #namedWithout({ problem, cause }: RefusedAtCommit, changes: CommitBatch['changes']): Promise<unknown> {
    const { collection = '' } = changes.at(-1) ?? {};
    const suspects = changes.flatMap((change) =>
      [...change.upserts.keys(), ...change.deletes].map((key) => ({ collection: change.collection, key })),
    );
    if (suspects.length === 0) return new ReadStoreUnavailable(this.parts.store, problem, cause);
    if (suspects.length > LEFT_OUT_MAX) return new InvalidDocument(collection, undefined, problem, cause);
    for (const suspect of suspects.length === 1 ? [] : suspects) {
      if (await this.#isTakenWithout(suspect, changes)) return new InvalidDocument(suspect.collection, suspect.key, problem, cause);
    }
    return new InvalidDocument(collection, suspects.length === 1 ? suspects[0]?.key : undefined, problem, cause);
  }

  /** False also where that cannot be found out. */
  async #isTakenWithout(suspect: { readonly collection: string; readonly key: string }, changes: CommitBatch['changes']): Promise<boolean> {
    const isTaken = Symbol('taken');
    const work = async (connection: SqlConnection): Promise<never> => {
      for (const { collection, upserts, deletes } of changes) {
        const isOther = (key: string): boolean => collection !== suspect.collection || key !== suspect.key;
        const table = this.#table(collection);
        await connection.upsert(table, new Map([...upserts].filter(([key]) => isOther(key))));
        await connection.delete(table, deletes.filter(isOther));
      }
      await connection.settleConstraints?.();
      throw isTaken; // undone
    };
    return this.parts.database.transact('relaxed', work).catch((error: unknown) => error === isTaken);
  }

  /** Moves the checkpoint first: that finds out whether the right to write is still ours, and makes a rival wait before it writes. */
  #inBatch(batch: Omit<CommitBatch, 'changes'>, write: (connection: SqlConnection) => Promise<void>, origin?: StatementOrigin): Promise<void> {
    if (this.#isClosed) throw new CheckpointMoved(this.#projection, this.generation);
    const work = async (connection: SqlConnection): Promise<void> => {
      await this.#moveCheckpoint(connection, batch.checkpoint);
      await write(connection);
      await this.parts.parked.unpark(connection, this.#selection, batch.unpark ?? []);
      await this.parts.parked.park(connection, this.#selection, batch.park ?? []);
    };
    return this.parts.database.transact('relaxed', work, origin);
  }

  #touched(work: (connection: SqlConnection) => Promise<void>): Promise<void> {
    return this.#inEpoch((connection) => this.parts.generations.touch(connection, this.#owner), work);
  }

  /** Runs the work in a transaction, unless the claim to the generation turns out to be another session's now. */
  #inEpoch(claim: (connection: SqlConnection) => Promise<boolean>, work?: (connection: SqlConnection) => Promise<void>): Promise<void> {
    if (this.#isClosed) throw new CheckpointMoved(this.#projection, this.generation);
    return this.parts.database.transact('relaxed', async (connection) => {
      if (!(await claim(connection))) throw new CheckpointMoved(this.#projection, this.generation);
      await work?.(connection);
    });
  }

  async #moveCheckpoint(connection: SqlConnection, move: CheckpointMove): Promise<void> {
    if (!(await this.parts.generations.moveCheckpoint(connection, this.#owner, move))) throw new CheckpointMoved(this.#projection, this.generation);
  }

  get #owner(): GenerationOwner {
    return { ...this.#selection, partition: this.#partition, epoch: this.checkpoint.epoch, updatedAt: this.#now() };
  }

  get #selection(): { readonly projection: string; readonly generation: number } {
    return { projection: this.#projection, generation: this.generation };
  }

  #table(collection: string): CollectionTable {
    const table = this.#tables.get(collection);
    if (!table) throw new UnsupportedEntity(collection, `projection ${this.#projection} declares no collection of this name`);
    return table;
  }
}
