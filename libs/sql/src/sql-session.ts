// A session's work on the rows of one generation: they and the checkpoint move in one transaction, fenced by the epoch.
import { isMainstemError } from '@mainstem/event-store';
import { CheckpointMoved, FingerprintMismatch, InvalidDocument, ReadStoreUnavailable } from '@mainstem/projection/adapter';
import type {
  Claim,
  CollectionDescriptor,
  CommitBatch,
  CommitClaim,
  ParkedEvent,
  ParkedQuery,
  ProjectionDocument,
  SessionStore,
} from '@mainstem/projection/adapter';
import type { GenerationRecords } from './bookkeeping/generation-records.js';
import type { ParkedRecords } from './bookkeeping/parked-records.js';
import { UnsupportedEntity } from './errors.js';
import type { StatementOrigin } from './server/failure-origin.js';
import type { GenerationTables } from './generation-tables.js';
import { RefusedAtCommit } from './server/refused-at-commit.js';
import type { CollectionTable, SqlConnection, SqlDatabase } from './server/sql-database.js';
import { ConnectionTransaction, type SqlTransaction } from './sql-transaction.js';

/** If one commit has more, the engine halves it first. */
const DOCUMENTS_TRIED_MAX = 1_000;
/** Each of so many is left out once, while all others are written. */
const LEFT_OUT_MAX = 20;

/** Where a session writes. */
export interface SessionTarget {
  readonly projection: string;
  readonly generation: number;
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

/** What a session of the SQL read store does with documents, on each dialect. */
export class SqlSession implements SessionStore<SqlTransaction> {
  readonly #parts: SessionParts;
  readonly #target: SessionTarget;

  constructor(parts: SessionParts, target: SessionTarget) {
    this.#parts = parts;
    this.#target = target;
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    const table = this.#table(collection);
    if (keys.length === 0) return new Map();
    return this.#parts.database.use((connection) => connection.load(table, keys));
  }

  async commit({ changes, ...batch }: CommitBatch, claim: CommitClaim): Promise<void> {
    try {
      await this.#inBatch({ ...batch, claim }, async (connection) => {
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

  async transact(work: (transaction: SqlTransaction) => Promise<void>, batch: Omit<CommitBatch, 'changes'>, claim: CommitClaim): Promise<void> {
    const handle = async (connection: SqlConnection): Promise<void> => {
      const transaction = new ConnectionTransaction(this.#parts.store, connection, (collection) => this.#table(collection));
      try {
        await work(transaction);
      } finally {
        transaction.end();
      }
      transaction.assertWhole();
    };
    await this.#inBatch({ ...batch, claim }, handle, 'handler');
  }

  async parked(query: ParkedQuery): Promise<readonly ParkedEvent[]> {
    return this.#parts.database.use((connection) => this.#parts.parked.list(connection, this.#target, query));
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    return this.#parts.database.use((connection) => this.#parts.parked.keys(connection, this.#target));
  }

  /**
   * Makes the missing indexes of the present entities, and drops the others. The time grows with the data, and
   * `onLongStep` is called before. An index that cannot be dropped now is left for the next session. Errors:
   * READ_STORE_FINGERPRINT_MISMATCH if a row does not fit into an index; otherwise those of `commit`.
   */
  async matchIndexes(claim: Claim & Pick<CommitClaim, 'isBulk'>, onLongStep?: () => void): Promise<void> {
    const { database, tables } = this.#parts;
    const { projection, generation, collections } = this.#target;
    const indexed = collections.filter(({ hasLookups = false }) => !claim.isBulk || hasLookups);
    const { missing, superseded } = await database.use((connection) => tables.indexChanges(connection, indexed, generation));
    if (missing.length > 0) onLongStep?.();
    try {
      for (const sql of missing) await this.#touched(claim, (connection) => connection.runLong(sql));
    } catch (error) {
      throw isMainstemError(error, 'READ_STORE_STATEMENT_REFUSED') ? new FingerprintMismatch(projection, generation) : error;
    }
    try {
      for (const sql of superseded) await this.#touched(claim, (connection) => connection.runBriefly(sql));
    } catch (error) {
      // Readers, a backup, or another owner of the table: a superfluous index must not stop the projection.
      if (!isMainstemError(error, 'READ_STORE_UNAVAILABLE') && !isMainstemError(error, 'READ_STORE_PERMISSION_DENIED')) throw error;
    }
  }

  /** Makes the indexes that a generation filled in bulk lacks. Errors: as `commit`. */
  async makeIndexes(claim: Claim): Promise<void> {
    const { collections, generation } = this.#target;
    // One transaction for each index: on SQLite a writing transaction makes all other writers wait.
    for (const sql of this.#parts.tables.indexStatements(collections, generation)) {
      await this.#touched(claim, (connection) => connection.runLong(sql));
    }
  }

  /** The refusal of one document of several, with its key: each is tried alone, in a transaction that is undone. */
  async #named(error: unknown, changes: CommitBatch['changes']): Promise<unknown> {
    if (error instanceof RefusedAtCommit) return this.#namedWithout(error, changes);
    if (!isMainstemError(error, 'READ_STORE_INVALID_DOCUMENT') || (error as InvalidDocument).key !== undefined) return error;
    const ofCollection = changes.find(({ collection }) => collection === (error as InvalidDocument).collection);
    if (!ofCollection || ofCollection.upserts.size > DOCUMENTS_TRIED_MAX) return error;
    try {
      await this.#parts.database.transact('relaxed', async (connection) => {
        for (const entry of ofCollection.upserts) await connection.upsert(this.#table(ofCollection.collection), new Map([entry]));
        throw error; // together they are refused, each alone is not
      });
    } catch (named) {
      return named;
    }
    return error;
  }

  /**
   * Like `#named`, of documents that the commit has refused. They may depend on each other, so each is left out in
   * turn: the others are accepted without the faulty one. Of many documents none is named: the engine comes with fewer.
   */
  async #namedWithout({ problem, cause }: RefusedAtCommit, changes: CommitBatch['changes']): Promise<unknown> {
    const { collection = '' } = changes.at(-1) ?? {};
    const suspects = changes.flatMap((change) =>
      [...change.upserts.keys(), ...change.deletes].map((key) => ({ collection: change.collection, key })),
    );
    if (suspects.length === 0) return new ReadStoreUnavailable(this.#parts.store, problem, cause);
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
    return this.#parts.database.transact('relaxed', work).catch((error: unknown) => error === isTaken);
  }

  /** Moves the checkpoint first: that proves the right to write, and makes a rival wait before its writes. */
  #inBatch(
    { claim, checkpoint, park = [], unpark = [] }: Omit<CommitBatch, 'changes'> & { readonly claim: CommitClaim },
    write: (connection: SqlConnection) => Promise<void>,
    origin?: StatementOrigin,
  ): Promise<void> {
    const { database, generations, parked } = this.#parts;
    const work = async (connection: SqlConnection): Promise<void> => {
      if (!(await generations.moveCheckpoint(connection, this.#target.projection, claim, checkpoint))) throw this.#moved();
      await write(connection);
      await parked.unpark(connection, this.#target, unpark);
      await parked.park(connection, this.#target, park);
    };
    return database.transact('relaxed', work, origin);
  }

  /** Runs the work in a transaction with a sign of life, unless the claim is another session's now. */
  #touched(claim: Claim, work: (connection: SqlConnection) => Promise<void>): Promise<void> {
    const { database, generations } = this.#parts;
    const { projection, now } = this.#target;
    return database.transact('relaxed', async (connection) => {
      if (!(await generations.touch(connection, projection, { ...claim, at: now() }))) throw this.#moved();
      await work(connection);
    });
  }

  #moved(): CheckpointMoved {
    return new CheckpointMoved(this.#target.projection, this.#target.generation);
  }

  #table(collection: string): CollectionTable {
    const table = this.#target.tables.get(collection);
    if (!table) throw new UnsupportedEntity(collection, `projection ${this.#target.projection} declares no collection of this name`);
    return table;
  }
}
