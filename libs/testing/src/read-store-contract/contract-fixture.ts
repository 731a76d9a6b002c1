// What an adapter must supply for the read store contract, and steps that several cases share.
import assert from 'node:assert/strict';
import { isMainstemError, type Incarnation, type Position } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import { EMPTY_DIGEST, type CommitBatch, type ParkedEvent, type ProjectionDescriptor, type ReadStoreSession } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { contractEventId, contractStream } from './contract-history.js';
import { contractProjection, ORDERS, type ContractDocuments, type ContractOrder } from './contract-projection.js';

/** An empty read store, and a way to read it like a query. */
export interface ReadStoreFixture {
  readonly store: ReadStore;
  /** The document of the serving generation, as queries see it; undefined if there is none. */
  readonly readDocument: (collection: string, key: string) => Promise<object | undefined>;
  /** Closes the store and removes what it has left behind. */
  readonly dispose: () => Promise<void>;
  /** Opens a second store on the same data, like another process; `dispose` closes it, too. Absent if impossible. */
  readonly another?: (() => Promise<ReadStore>) | undefined;
  /** The clock of leases, if the test controls it. */
  readonly clock?: StoreClock | undefined;
}

/** Moves a store's clock, in whole milliseconds. */
export interface StoreClock {
  readonly advance: (ms: number) => Promise<void>;
  /** Absent for a clock that cannot be set back. */
  readonly setBack?: ((ms: number) => void) | undefined;
}

/** Random histories of bookkeeping, each of `steps` commands; the n-th has the seed `seed + n`. */
export interface Histories {
  readonly runs: number;
  readonly steps: number;
  readonly seed: number;
}

/** How the contract's handler projection writes through the store's transactions. Only for stores with transactions. */
export interface TransactionSteps<Transaction> {
  readonly find: (transaction: Transaction, collection: string, key: string) => Promise<object | undefined>;
  /** `document` holds its key in the primary field. */
  readonly upsert: (transaction: Transaction, collection: string, key: string, document: object) => Promise<void>;
}

export interface ReadStoreContractOptions<Transaction = never> {
  /** Names the suite. */
  readonly name: string;
  readonly create: () => Promise<ReadStoreFixture>;
  /** Default: classes without columns. */
  readonly documents?: ContractDocuments;
  readonly transaction?: TransactionSteps<Transaction>;
  /** Default: two histories of 40 commands; their names give the seed. */
  readonly histories?: Partial<Histories>;
}

/** What a case works with. */
export interface ContractContext extends ReadStoreFixture {
  readonly documents: ContractDocuments;
  readonly projection: ProjectionDescriptor;
}

/** Makes a case that runs on its own store. */
export type DefineCase = (name: string, run: (context: ContractContext) => Promise<void>) => ContractCase;

export const defineCases = (options: Pick<ReadStoreContractOptions, 'create'>, documents: ContractDocuments): DefineCase => {
  return (name, run) => ({
    name,
    run: async () => {
      const fixture = await options.create();
      try {
        await run({ ...fixture, documents, projection: contractProjection(documents) });
      } finally {
        await fixture.dispose();
      }
    },
  });
};

export const INCARNATION = '6f1d2c3b-0000-4000-8000-000000000001' as Incarnation;

/** The largest possible position: no floating-point number can carry it. */
export const POSITION_MAX = (2n ** 63n - 1n) as Position;

export const at = (place: number | bigint): Position => BigInt(place) as Position;

/** A session on the first generation of the projection, which is created if necessary. */
export const openFirst = async ({ store, projection }: ContractContext): Promise<ReadStoreSession> => {
  const [first] = await store.generations(projection.name);
  const { number } = first ?? (await store.createGeneration(projection, INCARNATION));
  return store.open(projection, number);
};

export const anOrder = (stream: string, changes: Partial<ContractOrder> = {}): ContractOrder => ({
  stream,
  customer: null,
  country: 'GB',
  lines: 1,
  total: '2.50',
  tags: [],
  details: null,
  ...changes,
});

/** A batch that writes these orders, deletes these keys, and moves the checkpoint. */
export const aBatch = (
  from: Position | undefined,
  to: Position | undefined,
  orders: readonly ContractOrder[] = [],
  deletes: readonly string[] = [],
  digest = EMPTY_DIGEST,
): CommitBatch => ({
  changes: [{ collection: ORDERS, upserts: new Map(orders.map((order) => [order.stream, order])), deletes }],
  checkpoint: { from, to, digest },
});

export const aParkedEvent = (key: string, position: Position, error = ''): ParkedEvent => ({
  key,
  position,
  eventId: contractEventId(Number(position % 1_000_000n)),
  type: 'LineAdded',
  stream: contractStream('№1'),
  revision: position as bigint as ParkedEvent['revision'],
  error,
  parkedAt: '2026-01-02T03:04:05.678Z',
});

export const loadOne = async (session: ReadStoreSession, key: string, collection = ORDERS): Promise<unknown> =>
  (await session.load(collection, [key])).get(key);

export const rejectsWith = (code: string, work: Promise<unknown>): Promise<void> =>
  assert.rejects(work, (error) => {
    assert.ok(isMainstemError(error, code), `expected ${code}, got ${String(error)}`);
    return true;
  });
