// Contract of expiry under the engine: the fold depends on events alone, not on restarts, caches or the time of work.
import assert from 'node:assert/strict';
import { defineEvents, InMemoryEventStore, streamOf, type EventId } from '@mainstem/event-store';
import { documentProjection, partitioned, Projector, type HostedProjection } from '@mainstem/projection';
import { verifyProjection } from '@mainstem/projection/operate';
import type { ContractCase } from '../contract-suite.js';
import type { CacheContext, CacheFixture, CacheStore, DefineCacheCase } from './cache-fixture.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TIMEOUT = { timeoutMs: 10_000 };

class SeenData {
  /** When the basket expires, in minutes from the beginning. */
  until!: number;
  isBroken!: boolean;
}
const visitEvents = defineEvents('visit', { Seen: SeenData });

class Visit {
  readonly n!: number;
  readonly until!: number;
}

const COLLECTIONS = { visits: { expiresAt: ({ until }: Visit) => START_MS + until * MINUTE_MS } };
const START_MS = Date.UTC(2026, 0, 1);

/** A case sets it so that an event fails. */
let isRepaired = true;

const visits = documentProjection({
  name: 'visits',
  version: 1,
  document: Visit,
  events: [visitEvents],
  key: ({ stream }) => stream,
  evolve: {
    Seen: (visit, { data }) => {
      if (data.isBroken && !isRepaired) throw new RangeError('broken');
      return { n: (visit?.n ?? 0) + 1, until: data.until };
    },
  },
});

/** A visitor is seen at one minute and, without another visit, forgotten at another. */
type Seen = readonly [minute: number, visitor: string, until: number, isBroken?: boolean];

// `a` expires before its second event in time, exactly at its third, and not before the last one.
const HISTORY: readonly Seen[] = [
  [0, 'a', 10],
  [5, 'b', 6],
  [11, 'a', 20],
  [20, 'a', 30],
  [25, 'b', 40],
  [29, 'a', 90],
];
const FOLDED = { 'visit-a': { n: 2, until: 90 }, 'visit-b': { n: 1, until: 40 } };

/** A cache and an event store of one case; both use `context.nowMs` as their clock. */
class Visitors {
  readonly reader: InMemoryEventStore;
  #projector: Projector | undefined;
  #events = 0;

  constructor(
    readonly context: CacheContext,
    readonly fixture: CacheFixture,
    public store: CacheStore,
    readonly projection = visits,
  ) {
    this.reader = new InMemoryEventStore({ runtime: context.runtime });
  }

  static async open(context: CacheContext, fixture: CacheFixture, projection = visits): Promise<Visitors> {
    context.nowMs = START_MS;
    return new Visitors(context, fixture, await fixture.open(COLLECTIONS), projection);
  }

  get hosted(): HostedProjection {
    return { projection: this.projection, store: this.store, recovery: { onFailure: 'park', attemptsMax: 1 } };
  }

  async append([minute, visitor, until, isBroken = false]: Seen): Promise<void> {
    this.context.nowMs = START_MS + minute * MINUTE_MS;
    const id = `00000000-0000-4000-8000-${(++this.#events).toString(16).padStart(12, '0')}` as EventId;
    await this.reader.append(streamOf('visit', visitor), [{ id, type: 'Seen', data: { until, isBroken }, metadata: {} }], {
      expectedRevision: 'any',
    });
  }

  /** Resolves when everything appended so far is folded. */
  async follow(): Promise<Projector> {
    this.#projector ??= new Projector({ reader: this.reader, projections: [this.hosted] });
    this.#projector.start();
    const head = await this.reader.head();
    if (head !== undefined) await this.#projector.waitFor('visits', head, TIMEOUT);
    return this.#projector;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.store = await this.fixture.open(COLLECTIONS);
  }

  async stop(): Promise<void> {
    await this.#projector?.stop();
    this.#projector = undefined;
    await this.store.close();
  }

  /** Everything that is stored, expired or not. */
  async stored(): Promise<Readonly<Record<string, object>>> {
    const serving = (await this.store.generations('visits')).find(({ state }) => state === 'serving');
    return Object.fromEntries(await this.store.scan('visits', serving?.number ?? 0, 'visits', { limit: 1_000 }));
  }

  async assertVerified(): Promise<void> {
    const { differences, isSame } = await verifyProjection({ reader: this.reader, hosted: this.hosted });
    assert.deepEqual(differences, []);
    assert.ok(isSame);
  }
}

export const expiredFoldCases = (define: DefineCacheCase): readonly ContractCase[] => {
  const defineVisits = (name: string, run: (visitors: Visitors) => Promise<void>, projection = visits): ContractCase =>
    define(name, async (context, fixture) => {
      isRepaired = true;
      const visitors = await Visitors.open(context, fixture, projection);
      try {
        await run(visitors);
      } finally {
        await visitors.stop();
      }
    });

  /** Restarts before these events, by index. */
  const followWith = async (visitors: Visitors, restarts: readonly number[]): Promise<void> => {
    for (const [index, seen] of HISTORY.entries()) {
      if (restarts.includes(index)) await visitors.restart();
      await visitors.append(seen);
      await visitors.follow();
    }
    assert.deepEqual(await visitors.stored(), FOLDED);
    await visitors.assertVerified();
  };

  const all = HISTORY.map((_, index) => index);
  return [
    defineVisits('begins an expired document anew with the next event', (visitors) => followWith(visitors, [])),
    ...all
      .slice(1)
      .map((index) => defineVisits(`folds the same after a restart before event ${index + 1}`, (visitors) => followWith(visitors, [index]))),
    defineVisits('folds the same with a restart before every event', (visitors) => followWith(visitors, all)),

    defineVisits('folds the same long after everything has expired, in one batch or in many', async (visitors) => {
      for (const seen of HISTORY) await visitors.append(seen);
      visitors.context.nowMs += 1_000 * HOUR_MS;
      await visitors.follow();
      assert.deepEqual(await visitors.stored(), FOLDED);
      assert.equal((await visitors.store.get('visits', 'visit-a')).value, undefined);
      await visitors.assertVerified();
    }),

    defineVisits('uses the time of an event that a slow clock recorded', async (visitors) => {
      for (const seen of [
        [0, 'a', 30],
        [50, 'b', 60],
        [29, 'a', 40],
        [41, 'b', 70],
      ] as const) {
        await visitors.append(seen);
        await visitors.follow();
        await visitors.restart();
      }
      assert.deepEqual(await visitors.stored(), { 'visit-a': { n: 2, until: 40 }, 'visit-b': { n: 2, until: 70 } });
      await visitors.assertVerified();
    }),

    defineVisits('removes what expired more than an hour before the newest event, without any effect on the fold', async (visitors) => {
      await visitors.append([0, 'a', 10]);
      await visitors.append([1, 'b', 40]);
      await visitors.follow();
      await visitors.append([75, 'c', 200]);
      await visitors.follow();
      assert.deepEqual(Object.keys(await visitors.stored()), ['visit-b', 'visit-c']);
      await visitors.assertVerified();
      await visitors.append([76, 'a', 80]);
      await visitors.follow();
      assert.deepEqual((await visitors.stored())['visit-a'], { n: 1, until: 80 });
      await visitors.assertVerified();
    }),

    defineVisits('keeps an expired document for its parked events', async (visitors) => {
      isRepaired = false;
      await visitors.append([0, 'a', 10]);
      await visitors.append([5, 'a', 12, true]);
      await visitors.append([75, 'c', 200]);
      const projector = await visitors.follow();
      await visitors.append([150, 'd', 300]);
      await visitors.follow();
      assert.deepEqual((await visitors.stored())['visit-a'], { n: 1, until: 10 });
      await visitors.assertVerified();
      isRepaired = true;
      await projector.replayParked('visits');
      assert.deepEqual((await visitors.stored())['visit-a'], { n: 2, until: 12 });
      await visitors.assertVerified();
    }),

    defineVisits(
      'removes nothing of a part that lags behind the others',
      async (visitors) => {
        await visitors.append([0, 'a', 10]);
        await visitors.append([0, 'b', 10]);
        await visitors.follow();
        await visitors.append([75, 'c', 200]);
        await visitors.follow();
        await visitors.append([76, 'a', 80]);
        await visitors.append([76, 'b', 80]);
        await visitors.follow();
        assert.deepEqual(await visitors.stored(), {
          'visit-a': { n: 1, until: 80 },
          'visit-b': { n: 1, until: 80 },
          'visit-c': { n: 1, until: 200 },
        });
        await visitors.assertVerified();
      },
      partitioned(visits, 2),
    ),

    defineVisits('fills a new generation when the expiry of documents changes', async ({ store, fixture, projection, reader }) => {
      const { number } = await store.createGeneration(projection, reader.incarnation);
      await (await store.open(projection, number)).close();
      const other = await fixture.open({ visits: { expiresAt: ({ until }: Visit) => until } });
      try {
        await assert.rejects(other.open(projection, number), { code: 'READ_STORE_FINGERPRINT_MISMATCH' });
      } finally {
        await other.close();
      }
    }),
  ];
};
