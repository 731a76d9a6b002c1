// Random histories of bookkeeping on every read store, with two stores on the same data if processes share it. After
// each step a store holds what the pure record says. PROPERTY_RUNS and PROPERTY_SEED as in the unit suite.
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import type { ReadStore } from '@mainstem/projection';
import { checkHistory, MemoryReadStore, SeededRuntime, type ContractDocuments, type StoreClock } from '@mainstem/testing';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describe, it } from 'vitest';
import { NdjsonReadStore } from './ndjson-read-store/ndjson-read-store.js';
import { freshPrefix, openStore, removeIndices, sharedNode } from './opensearch-nodes.js';
import { redisFixture, redisUrl } from './redis-fixtures.js';
import { sqlFixtures } from './sql-fixtures.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 6);
const SEED = Number(process.env['PROPERTY_SEED'] ?? randomInt(2 ** 31));
const STEPS = 60;
const TIMEOUT_PER_RUN_MS = 60_000;
/** A table takes a server long to make, and an index longer. */
const SQL_SERVER_SHARE = 1 / 3;
const SEARCH_SERVER_SHARE = 1 / 6;

@Entity('history_orders')
class OrderRow {
  @PrimaryColumn('text') stream!: string;
  @Column('text', { nullable: true }) customer!: string | null;
  @Column('text') country!: string;
  @Column('integer') lines!: number;
  @Column('text') total!: string;
  @Column('simple-json') tags!: unknown;
  @Column('simple-json', { nullable: true }) details!: unknown;
}
@Entity('history_totals')
class TotalRow {
  @PrimaryColumn('text') country!: string;
  @Column('integer') orders!: number;
  @Column('integer') lines!: number;
  @Column('text') total!: string;
  @Column('text', { nullable: true }) firstCustomer!: string | null;
  @Column('integer', { nullable: true }) linesMax!: number | null;
}

interface Opened {
  readonly stores: readonly ReadStore[];
  readonly clock?: StoreClock;
  readonly remove: () => Promise<void>;
}

const plain: ContractDocuments = { orders: class {}, totals: class {} };
const rows: ContractDocuments = { orders: OrderRow, totals: TotalRow };

const inFolder = async (open: (dir: string) => ReadStore | Promise<ReadStore>): Promise<Opened> => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-histories-'));
  const stores = [await open(dir), await open(dir)];
  const remove = async (): Promise<void> => {
    for (const store of stores) await store.close();
    await rm(dir, { recursive: true });
  };
  return { stores, remove };
};

const clockOf = (runtime: SeededRuntime): StoreClock => ({ advance: (ms) => runtime.advance(ms), setBack: (ms) => runtime.stepWallClock(-ms) });

/** Its leases use a clock that never goes back. */
const inMemory = async (): Promise<Opened> => {
  const runtime = new SeededRuntime({ seed: SEED });
  const store = new MemoryReadStore('memory', runtime);
  return { stores: [store], clock: { advance: (ms) => runtime.advance(ms) }, remove: () => store.close() };
};

const inFiles = async (): Promise<Opened> => {
  const runtime = new SeededRuntime({ seed: SEED });
  return { ...(await inFolder((dir) => new NdjsonReadStore(dir, runtime))), clock: clockOf(runtime) };
};

const onRedis = async (): Promise<Opened> => {
  const { open, remove } = redisFixture(redisUrl ?? '');
  return { stores: [await open(), await open()], remove };
};

const onOpenSearch = async (): Promise<Opened> => {
  const [url, prefix] = [(await sharedNode()) ?? '', freshPrefix()];
  const stores = [await openStore(url, prefix), await openStore(url, prefix)];
  const remove = async (): Promise<void> => {
    for (const store of stores) await store.close();
    await removeIndices(url, prefix);
  };
  return { stores, remove };
};

type Makes = readonly [name: string, isThere: boolean, documents: ContractDocuments, share: number, open: () => Promise<Opened>];

const STORES: readonly Makes[] = [
  ['in memory', true, plain, 1, inMemory],
  ['in NDJSON files', true, plain, 1, inFiles],
  ['in the embedded cache', true, plain, 1, () => inFolder((dir) => EmbeddedCacheStore.open({ dir, collections: {} }))],
  ['in the embedded full-text index', true, plain, 1, () => inFolder((dir) => EmbeddedSearchStore.open({ dir, collections: {} }))],
  ...(await sqlFixtures()).map(({ name, make }): Makes => {
    const open = async (): Promise<Opened> => {
      const fixture = await make();
      const entities = [OrderRow, TotalRow];
      return { stores: [await fixture.open(entities), await fixture.open(entities)], remove: () => fixture.remove() };
    };
    return [`on ${name}`, true, rows, name === 'SQLite' ? 1 : SQL_SERVER_SHARE, open];
  }),
  ['on Redis', redisUrl !== undefined, plain, 1, onRedis],
  ['on OpenSearch', (await sharedNode()) !== undefined, plain, SEARCH_SERVER_SHARE, onOpenSearch],
];

describe(`bookkeeping is what the record says after each step (PROPERTY_SEED=${SEED})`, () => {
  for (const [name, isThere, documents, share, open] of STORES) {
    const runs = Math.ceil(RUNS * share);
    it.skipIf(!isThere)(name, { timeout: runs * TIMEOUT_PER_RUN_MS }, async () => {
      for (let run = 0; run < runs; run++) {
        const { stores, clock, remove } = await open();
        try {
          await checkHistory({ stores, documents, seed: SEED + run, steps: STEPS, clock });
        } finally {
          await remove();
        }
      }
    });
  }
});
