// Counters that are not idempotent, projected into OpenSearch through a failing line; a reader checks every answer.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { defineEvents, InMemoryEventStore, streamOf, type EventId, type Position } from '@mainstem/event-store';
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { count, documentProjection, Projector, rollUp, sum, type HostedProjection } from '@mainstem/projection';
import { verifyProjection } from '@mainstem/projection/operate';
import type { SearchResult } from '@mainstem/projection/adapter';
import type { SeededRandom } from '@mainstem/testing';
import { IsInt, IsString } from 'class-validator';
import { expect } from 'vitest';
import { freshPrefix, openStore } from '../../contract/opensearch-nodes.js';
import { Counter, CounterFold } from './counter-fold.js';
import { SearchProxy } from './search-proxy.js';

/** After a fault is over, until everything is there again. */
export const HEALED_MS = 120_000;
/** Until a fault shows, on a busy machine. */
const HAPPENS_MS = 120_000;
export const EVENTS = 400;
export const KEYS = 30;
export const BATCH_SIZE_MAX = 40;
const LOOK_MS = 20;

class CountedData {
  @IsString() group!: string;
  @IsInt() amount!: number;
}
class GroupTotal {
  group!: string;
  counters!: number;
  events!: number;
}
const countedEvents = defineEvents('counter', { Counted: CountedData, Closed: class {} });
export const COLLECTIONS = { counters: { text: ['text'], filters: ['group'] } };

/** Every event adds one: an event that takes effect twice, or never, shows for ever. */
export const counters = documentProjection({
  name: 'counters',
  version: 1,
  document: Counter,
  events: [countedEvents],
  key: (event) => event.stream,
  evolve: {
    Counted: (counter, { data }, key) => ({
      key,
      group: data.group,
      text: `counter of ${data.group}`,
      events: (counter?.events ?? 0) + 1,
      sum: (counter?.sum ?? 0) + data.amount,
    }),
    Closed: () => null,
  },
  rollUps: [
    rollUp(Counter, {
      name: 'group-totals',
      document: GroupTotal,
      keyField: 'group',
      groupBy: (counter) => counter.group,
      measures: { counters: count(), events: sum((counter) => counter.events) },
    }),
  ],
});

export const hostedOn = (store: HostedProjection['store']): HostedProjection => ({
  projection: counters,
  store,
  recovery: { retryDelayMs: 50, retryDelayMaxMs: 1_000 },
});

export const expectFold = async ({ events, store }: Pick<SearchTrial, 'events' | 'store'>): Promise<void> => {
  const { isSame, differences } = await verifyProjection({ reader: events, hosted: hostedOn(store) });
  expect(differences).toEqual([]);
  expect(isSame).toBe(true);
};

export const eventually = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + HAPPENS_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) expect.fail('did not happen in time');
    await delay(LOOK_MS);
  }
};

/** Appends a number of events, and keeps their expected result. */
export const append = async (events: InMemoryEventStore, chance: SeededRandom, total: number, fold = new CounterFold()): Promise<void> => {
  for (let index = 0; index < total; index++) {
    const stream = streamOf('counter', String(chance.int(1, KEYS)));
    const data = { group: `g${chance.int(1, 4)}`, amount: chance.int(1, 9) };
    const isClosed = chance.next() < 0.05;
    const event = isClosed ? { type: 'Closed', data: {} } : { type: 'Counted', data };
    const { position } = await events.append(stream, [{ ...event, id: randomUUID() as EventId, metadata: {} }], { expectedRevision: 'any' });
    fold.add(stream, position, isClosed ? undefined : data);
  }
};

/** Asks for all counters repeatedly, on a line without faults. */
export class SearchReader {
  readonly flaws: string[] = [];
  answers = 0;
  /** Of these, the empty ones. */
  misses = 0;
  /** The last position. */
  position: Position | undefined;
  #isOver = false;

  constructor(
    private readonly store: OpenSearchReadStore,
    private readonly fold: CounterFold,
  ) {}

  /**
   * Until it is ended. Each answer is the fold at a position that does not go back, or, before the first, shows
   * nothing.
   */
  async run(): Promise<void> {
    while (!this.#isOver) {
      const answer = await this.store.search<Counter>('counters', { query: 'counter', limit: 1_000 }).catch(() => undefined);
      if (answer) this.#look(answer); // otherwise it is away: a missing answer is not a wrong one
      await delay(LOOK_MS);
    }
  }

  end(): void {
    this.#isOver = true;
  }

  #look(answer: SearchResult<Counter>): void {
    this.answers++;
    const flaw = this.fold.flawOf(answer, BATCH_SIZE_MAX);
    if (flaw !== undefined) this.flaws.push(flaw);
    if (answer.position === undefined) this.misses++;
    else if (answer.position < (this.position ?? 0n)) this.flaws.push(`goes back from ${this.position} to ${answer.position}`);
    else this.position = answer.position;
  }
}

export interface SearchTrial {
  readonly events: InMemoryEventStore;
  readonly store: OpenSearchReadStore;
  readonly proxy: SearchProxy;
  readonly prefix: string;
  readonly reading: SearchReader;
  readonly append: (total: number) => Promise<void>;
  /** Resolves when everything appended is in the read model; in time after a fault, without a restart. */
  readonly caughtUp: () => Promise<void>;
  readonly status: () => string;
}

/** A projector that has caught up, then `work`, then everything must be there again. */
export const searchTrial = async (url: string, chance: SeededRandom, work: (trial: SearchTrial) => Promise<void>): Promise<void> => {
  const events = new InMemoryEventStore();
  const proxy = await SearchProxy.listen(url, chance);
  const prefix = freshPrefix();
  const [store, direct] = [await openStore(proxy.url, prefix, { collections: COLLECTIONS }), await openStore(url, prefix)];
  const fold = new CounterFold();
  const reading = new SearchReader(direct, fold);
  const projector = new Projector({ reader: events, projections: [hostedOn(store)], batchSizeMax: BATCH_SIZE_MAX, cacheBytesMax: 5_000 });
  const head = async (): Promise<Position> => (await events.head()) ?? (0n as Position);
  const caughtUp = async (timeoutMs = HEALED_MS): Promise<void> => projector.waitFor('counters', await head(), { timeoutMs });
  const status = (): string =>
    projector
      .status()
      .map(({ state, reason }) => `${state} ${reason ?? ''}`)
      .join();
  /** The reader has seen everything. */
  const shown = async (): Promise<void> => {
    await direct.makeVisible(['counters']);
    const end = await head();
    await eventually(() => reading.position === end);
  };
  projector.start();
  let isRead: Promise<void> | undefined;
  try {
    await append(events, chance, EVENTS, fold);
    await caughtUp(HAPPENS_MS);
    isRead = reading.run();
    await shown();
    await work({ events, store, proxy, prefix, reading, append: (total) => append(events, chance, total, fold), caughtUp, status });
    proxy.become({});
    await caughtUp();
    await expectFold({ events, store });
    await shown();
  } finally {
    reading.end();
    await isRead;
    await projector.stop();
    await store.close();
    await direct.close();
    await proxy.close();
  }
  expect(reading.flaws).toEqual([]);
};
