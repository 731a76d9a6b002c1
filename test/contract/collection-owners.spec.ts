// Two processes that start with one collection at the same moment: exactly one is refused, on every shared read store.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import type { DocumentClass, ReadStore } from '@mainstem/projection';
import type { Generation, ProjectionDescriptor } from '@mainstem/projection/adapter';
import { Entity, PrimaryColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { NdjsonReadStore } from './ndjson-read-store/ndjson-read-store.js';
import { freshPrefix, openStore, removeIndices, sharedNode } from './opensearch-nodes.js';
import { redisFixture, redisUrl } from './redis-fixtures.js';
import { incarnation, sqlFixtures } from './sql-fixtures.js';

const TIMEOUT_MS = 300_000;
const ROUNDS = 20;
const ROUNDS_OF_INDICES = 3;

/** Each collection of each rival has its own class: a table of the same name would be refused for another reason. */
const entityOf = (table: string): DocumentClass => {
  const Shaped = class {};
  Entity(table)(Shaped);
  PrimaryColumn('text')(Shaped.prototype, 'id');
  return Shaped;
};

const rivalOf = (name: string, ...collections: readonly string[]): ProjectionDescriptor => ({
  name,
  version: 1,
  fingerprint: name,
  collections: collections.map((collection) => ({ name: collection, document: entityOf(`${name}_${collection}`), hasState: false })),
});

// They share two, and ask for them in different orders.
const rivals = [rivalOf('one', 'totals', 'shared', 'alone'), rivalOf('two', 'shared', 'other', 'totals')] as const;
// One has got another collection, which a third one wants, too.
const before = rivalOf('grown', 'old');
const after: ProjectionDescriptor = { ...rivalOf('grown', 'new'), fingerprint: 'after' };
const rival = rivalOf('three', 'new');
const entities = [...rivals, before, after, rival].flatMap(({ collections }) => collections.map(({ document }) => document));

interface SharedStores {
  readonly open: () => Promise<ReadStore>;
  readonly remove: () => Promise<void>;
}

const folder = async (open: (dir: string) => ReadStore | Promise<ReadStore>): Promise<SharedStores> => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-owners-'));
  return { open: async () => open(dir), remove: () => rm(dir, { recursive: true }) };
};

const indices = async (url: string): Promise<SharedStores> => {
  const prefix = freshPrefix();
  return { open: () => openStore(url, prefix), remove: () => removeIndices(url, prefix) };
};

const url = await sharedNode();
const stores: readonly (readonly [name: string, make: () => Promise<SharedStores>, rounds: number])[] = [
  ['embedded cache', () => folder((dir) => EmbeddedCacheStore.open({ dir })), ROUNDS],
  ['embedded full-text index', () => folder((dir) => EmbeddedSearchStore.open({ dir })), ROUNDS],
  ['NDJSON files', () => folder((dir) => new NdjsonReadStore(dir)), ROUNDS],
  ...(await sqlFixtures()).map(({ name, make }) => {
    const shared = async (): Promise<SharedStores> => {
      const { open, remove } = await make();
      return { open: () => open(entities), remove };
    };
    return [name, shared, ROUNDS] as const;
  }),
  ...(redisUrl === undefined ? [] : [['Redis', async () => redisFixture(redisUrl ?? ''), ROUNDS] as const]),
  ...(url === undefined ? [] : [['OpenSearch', () => indices(url), ROUNDS_OF_INDICES] as const]),
];

/** The generation, or the reason for the refusal. */
const outcomeOf = (made: Promise<Generation>): Promise<Generation | object> => made.catch((error: unknown) => error as object);

describe.each(stores)('two processes with one collection on %s', (_, make, rounds) => {
  it('begin at the same moment: exactly one is refused', { timeout: TIMEOUT_MS }, async () => {
    const shared = await make();
    const opened = await Promise.all(rivals.map(() => shared.open()));
    try {
      for (let round = 1; round <= rounds; round++) {
        const outcomes = await Promise.allSettled(
          rivals.map(async (rival, place) => opened[place]?.createGeneration(rival, incarnation, { isSide: true })),
        );
        const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
        expect(refused, `round ${round}`).toMatchObject([{ code: 'PROJECTION_INVALID_DEFINITION' }]);
        const [made, ...others] = await shared.open().then((third) => third.generations().finally(() => third.close()));
        expect(others).toEqual([]);
        await opened[0]?.dropGeneration(made?.projection ?? '', made?.number ?? 0);
      }
    } finally {
      for (const store of opened) await store.close();
      await shared.remove();
    }
  });

  it(
    'release no collection that another projection could take, while the other opens, or drops, a generation without it',
    { timeout: TIMEOUT_MS },
    async () => {
      const shared = await make();
      const [running, deploying, other] = await Promise.all([shared.open(), shared.open(), shared.open()]);
      try {
        const { number } = await running.createGeneration(before, incarnation);
        for (let round = 1; round <= rounds; round++) {
          const { number: left } = await running.createGeneration(before, incarnation, { isSide: true });
          const [made, taken] = await Promise.all([
            outcomeOf(deploying.createGeneration(after, incarnation, { isSide: true })),
            outcomeOf(other.createGeneration(rival, incarnation, { isSide: true })),
            running.open(before, number).then((session) => session.close()),
            running.dropGeneration(before.name, left),
          ]);
          const refused = [made, taken].filter((outcome) => !('number' in outcome));
          expect(refused, `round ${round}`).toMatchObject([{ code: 'PROJECTION_INVALID_DEFINITION' }]);
          if ('number' in made) await deploying.dropGeneration(after.name, made.number);
          if ('number' in taken) await other.dropGeneration(rival.name, taken.number);
        }
      } finally {
        for (const store of [running, deploying, other]) await store.close();
        await shared.remove();
      }
    },
  );
});
