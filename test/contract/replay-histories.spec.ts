// Random histories on every read store: a replay leaves the same as a run without failures. PROPERTY_RUNS and
// PROPERTY_SEED as in the unit suite.
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import type { ReadStore } from '@mainstem/projection';
import type { SqlTransaction } from '@mainstem/sql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describe, it } from 'vitest';
import { expectDocuments, expectHandled } from '../../libs/testing/src/projection/replay-expectations.fixtures.js';
import { PLAIN_PARTS, type Length, type List, type MendableParts } from '../../libs/testing/src/projection/replay-histories.fixtures.js';
import { freshPrefix, openStore, removeIndices, sharedNode } from './opensearch-nodes.js';
import { redisFixture, redisUrl } from './redis-fixtures.js';
import { sqlFixtures } from './sql-fixtures.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 6);
const SEED = Number(process.env['PROPERTY_SEED'] ?? randomInt(2 ** 31));
const TIMEOUT_PER_RUN_MS = 30_000;
/** An index takes long to make. */
const SEARCH_SERVER_SHARE = 1 / 3;

@Entity('lists')
class ListRow implements List {
  @PrimaryColumn('text') key!: string;
  @Column('simple-json') places!: number[];
}
@Entity('lengths')
class LengthRow implements Length {
  @PrimaryColumn('text') length!: string;
  @Column('integer') lists!: number;
  @Column('integer') total!: number;
}
@Entity('handled')
class HandledRow implements List {
  @PrimaryColumn('text') key!: string;
  @Column('simple-json') places!: number[];
}
const SQL_PARTS: MendableParts<SqlTransaction> = {
  list: ListRow,
  length: LengthRow,
  handled: HandledRow,
  find: async (transaction, key) => (await transaction.find<List>('handled', [key])).get(key),
  put: (transaction, list) => transaction.upsert('handled', [list]),
  remove: (transaction, key) => transaction.delete('handled', [key]),
};

interface Opened {
  readonly store: ReadStore;
  readonly remove: () => Promise<void>;
}

const inFolder = async (open: (dir: string) => Promise<ReadStore>): Promise<Opened> => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-replays-'));
  const store = await open(dir);
  const remove = async (): Promise<void> => {
    await store.close();
    await rm(dir, { recursive: true });
  };
  return { store, remove };
};

const OTHERS: readonly (readonly [name: string, isThere: boolean, share: number, open: () => Promise<Opened>])[] = [
  ['the embedded cache', true, 1, () => inFolder((dir) => EmbeddedCacheStore.open({ dir, collections: {} }))],
  ['the embedded full-text index', true, 1, () => inFolder((dir) => EmbeddedSearchStore.open({ dir, collections: {} }))],
  [
    'Redis',
    redisUrl !== undefined,
    1,
    async () => {
      const fixture = redisFixture(redisUrl ?? '');
      return { store: await fixture.open(), remove: fixture.remove };
    },
  ],
  [
    'OpenSearch',
    (await sharedNode()) !== undefined,
    SEARCH_SERVER_SHARE,
    async () => {
      const [url, prefix] = [(await sharedNode()) ?? '', freshPrefix()];
      const store = await openStore(url, prefix);
      const remove = async (): Promise<void> => {
        await store.close();
        await removeIndices(url, prefix);
      };
      return { store, remove };
    },
  ],
];

const eachRun = async (runs: number, open: () => Promise<Opened>, run: (store: ReadStore, seed: number) => Promise<void>): Promise<void> => {
  for (let index = 0; index < runs; index++) {
    const { store, remove } = await open();
    try {
      await run(store, SEED + index);
    } catch (error) {
      throw new Error(`PROPERTY_SEED=${SEED + index}`, { cause: error });
    } finally {
      await remove();
    }
  }
};

const databases = await sqlFixtures();

describe(`after replays of random histories (PROPERTY_SEED=${SEED})`, () => {
  for (const { name, make } of databases) {
    const open = async (): Promise<Opened> => {
      const fixture = await make();
      return { store: await fixture.open([ListRow, LengthRow, HandledRow]), remove: () => fixture.remove() };
    };
    it(`${name} holds documents and roll-ups of runs that never failed`, { timeout: RUNS * TIMEOUT_PER_RUN_MS }, () =>
      eachRun(RUNS, open, (store, seed) => expectDocuments(store, SQL_PARTS, seed)),
    );
    it(`${name} holds what handlers leave that never failed, or says what not`, { timeout: RUNS * TIMEOUT_PER_RUN_MS }, () =>
      eachRun(RUNS, open, (store, seed) => expectHandled(store, SQL_PARTS, seed)),
    );
  }

  for (const [name, isThere, share, open] of OTHERS) {
    it.skipIf(!isThere)(`${name} holds documents and roll-ups of runs that never failed`, { timeout: RUNS * TIMEOUT_PER_RUN_MS }, () =>
      eachRun(Math.ceil(RUNS * share), open, (store, seed) => expectDocuments(store, PLAIN_PARTS, seed)),
    );
  }
});
