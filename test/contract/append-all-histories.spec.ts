// Random histories of appends to several streams, against a model of the promise.
// PROPERTY_RUNS makes more of them; PROPERTY_SEED repeats one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import {
  eventIdOf,
  InMemoryEventStore,
  isMainstemError,
  streamName,
  type AppendAllResult,
  type EventStore,
  type NewEvent,
  type Revision,
  type StreamAppend,
} from '@mainstem/event-store';
import { seededRandom, type SeededRandom } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { LogSchema } from './postgres-events.js';
import { withPostgres } from './sql-fixtures.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 20);
const FIRST_SEED = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 1_000_000);
const CALLS = 40;
const STREAMS = ['a-1', 'a-2', 'b-1', 'b-2', 'c-1'].map((name) => streamName(name));

/** What the store holds, and what it has answered. */
class Model {
  readonly log: string[] = [];
  readonly answered: { readonly appends: readonly StreamAppend[]; readonly answer: AppendAllResult }[] = [];

  head(stream: string): Revision | 'no-stream' {
    const count = this.log.filter((line) => line.startsWith(`${stream} `)).length;
    return count === 0 ? 'no-stream' : (BigInt(count - 1) as Revision);
  }

  take(appends: readonly StreamAppend[], answer: AppendAllResult): void {
    for (const { stream, events } of appends) for (const { id } of events) this.log.push(`${stream} ${id}`);
    this.answered.push({ appends, answer });
  }
}

interface Told {
  readonly appends: readonly StreamAppend[];
  /** A code, or the answer of an earlier call, or undefined for a new one that has to be taken. */
  readonly wanted: string | AppendAllResult | undefined;
}

const eventsOf = (name: string, count: number): readonly NewEvent[] =>
  Array.from({ length: count }, (_, n) => ({ id: eventIdOf(name, streamName('any-1'), n), type: 'Noted', data: { name, n }, metadata: {} }));

const newCall = (model: Model, random: SeededRandom, name: string): Told => {
  const streams = random.shuffle(STREAMS).slice(0, random.int(1, 4));
  let isWrong = false;
  const appends = streams.map((stream, index): StreamAppend => {
    const isAstray = random.next() < 0.1;
    isWrong ||= isAstray;
    const head = model.head(stream);
    const elsewhere = head === 'no-stream' ? (3n as Revision) : random.pick([(head + 1n) as Revision, 'no-stream'] as const);
    const events = index > 0 && random.next() < 0.3 ? [] : eventsOf(`${name}-${index}`, random.int(1, 3));
    return { stream, events, expectedRevision: isAstray ? elsewhere : head };
  });
  return { appends, wanted: isWrong ? 'EVENT_STORE_WRONG_EXPECTED_REVISION' : undefined };
};

const nextCall = (model: Model, random: SeededRandom, name: string): Told => {
  const earlier = model.answered.length > 0 && random.next() < 0.4 ? random.pick(model.answered) : undefined;
  if (!earlier) return newCall(model, random, name);
  const withEvents = earlier.appends.filter(({ events }) => events.length > 0);
  if (withEvents.length < 2 || random.next() < 0.6) return { appends: earlier.appends, wanted: earlier.answer };
  const changed = random.pick(withEvents);
  const appends = earlier.appends.map((append) => (append === changed ? { ...append, events: eventsOf(name, append.events.length) } : append));
  return { appends, wanted: 'EVENT_STORE_APPEND_PARTLY_KNOWN' };
};

const logOf = async (store: EventStore): Promise<readonly string[]> => {
  const lines: string[] = [];
  for await (const batch of store.readAll()) lines.push(...batch.map(({ stream, id }) => `${stream} ${id}`));
  return lines;
};

const runHistory = async (store: EventStore, seed: number): Promise<void> => {
  const random = seededRandom(seed);
  const model = new Model();
  for (let call = 0; call < CALLS; call++) {
    const { appends, wanted } = nextCall(model, random, `s${seed}-${call}`);
    const outcome = await store.appendAll(appends).catch((error: unknown) => {
      if (!isMainstemError(error)) throw error;
      return error.code;
    });
    if (wanted !== undefined) expect(outcome, `call ${call}`).toEqual(wanted);
    else if (typeof outcome === 'string') throw new Error(`call ${call} was refused: ${outcome}`);
    else model.take(appends, outcome);
    if (random.next() < 0.2) {
      const stream = random.pick(STREAMS);
      const [event] = eventsOf(`s${seed}-${call}-single`, 1) as readonly [NewEvent];
      await store.append(stream, [event], { expectedRevision: model.head(stream) });
      model.log.push(`${stream} ${event.id}`);
    }
  }
  expect(await logOf(store)).toEqual(model.log);
};

const inMemory = () => Promise.resolve({ store: new InMemoryEventStore(), end: () => Promise.resolve() });

const inFolder = async (open: (dir: string) => Promise<{ readonly store: EventStore; readonly end: () => Promise<unknown> }>) => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-all-'));
  const { store, end } = await open(dir);
  return { store, end: () => end().then(() => rm(dir, { recursive: true })) };
};

const embedded = () =>
  inFolder(async (dir) => {
    const store = await EmbeddedEventStore.open({ dir });
    return { store, end: () => Promise.resolve() };
  });

const overTheWire = () =>
  inFolder(async (dir) => {
    const server = await EventStoreDbServer.start({ dir, port: 0 });
    return { store: await EventStoreDbEventStore.open({ connectionString: server.connectionString }), end: () => server.stop() };
  });

const onPostgres = async () => {
  const schema = new LogSchema();
  return { store: await schema.open(), end: () => schema[Symbol.asyncDispose]() };
};

const STORES = [
  { name: 'in memory', open: inMemory },
  { name: 'embedded', open: embedded },
  { name: 'on our server', open: overTheWire },
  ...((await withPostgres()) ? [{ name: 'on PostgreSQL', open: onPostgres }] : []),
];

describe.each(STORES)('appends to several streams $name', ({ open }) => {
  it(`do what the promise says, in any history (${RUNS} from seed ${FIRST_SEED})`, { timeout: 600_000 }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const { store, end } = await open();
      try {
        await runHistory(store, seed).catch((error: unknown) => {
          throw new Error(`PROPERTY_RUNS=1 PROPERTY_SEED=${seed} repeats what has failed`, { cause: error });
        });
      } finally {
        await store.close();
        await end();
      }
    }
  });
});
