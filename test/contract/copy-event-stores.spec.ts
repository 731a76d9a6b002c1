// mainstem copy between all pairs of event stores: what is kept, where it goes on, and what it refuses.
import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { application } from '#apps/mainstem.application.js';
import { eventIdOf, streamName, type EventReader, type EventStore, type NewEvent, type RecordedEvent } from '@mainstem/event-store';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { seededRandom } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copy, type CopyCommandOptions } from '../../libs/cli/src/commands/copy.js';
import { LogSchema } from './postgres-events.js';
import { postgresUrl, withPostgres } from './sql-fixtures.js';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const hasPostgres = await withPostgres();

let dir: string;
let undo: (() => Promise<unknown>)[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-copy-'));
  undo = [];
});
afterEach(async () => {
  for (const step of undo.toReversed()) await step();
  await rm(dir, { recursive: true, force: true });
});

/** Addresses of empty stores, as EVENT_STORE takes them. */
const KINDS = {
  embedded: async () => `embedded:${await mkdtemp(join(dir, 'embedded-'))}`,
  ...(hasPostgres && {
    postgres: async () => {
      const schema = new LogSchema();
      undo.push(() => schema[Symbol.asyncDispose]());
      return `${postgresUrl}?schema=${schema.name}`;
    },
  }),
  eventstoredb: async () => {
    const server = await EventStoreDbServer.start({ dir: await mkdtemp(join(dir, 'server-')), port: 0 });
    undo.push(() => server.stop());
    return server.connectionString;
  },
};
const kinds = Object.entries(KINDS);
const pairs = kinds.flatMap(([from, makeFrom]) => kinds.map(([to, makeTo]) => ({ from, to, makeFrom, makeTo })));

const run = async (options: CopyCommandOptions, signal = new AbortController().signal) => {
  const printed: string[] = [];
  const said: string[] = [];
  const terminal = {
    isInteractive: false,
    errorStream: new PassThrough(),
    print: async (line: string) => void printed.push(line),
    say: (line: string) => void said.push(line),
  };
  const settings = { dir: join(dir, 'settings'), env: {} };
  const code = await copy({ application, settings, terminal, signal }, options);
  return { code, printed: printed.join('\n'), said: said.join('\n') };
};

const at = async <Result>(address: string, work: (store: EventStore) => Promise<Result>): Promise<Result> => {
  const store = await application.openEventStoreAt?.({ dir: join(dir, 'settings'), env: {} }, address);
  if (!store) throw new TypeError('the application opens no event store');
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

const allOf = async (store: EventReader): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch);
  return events;
};

/** All but the position, with the payload as text. */
const shown = (events: readonly RecordedEvent[]): readonly string[] =>
  events.map((event) => {
    const { id, stream, revision, type, recordedAt, metadata } = event;
    const { dataText } = event as unknown as { readonly dataText: string };
    const fields = Object.entries(metadata).toSorted(([left], [right]) => left.localeCompare(right));
    return JSON.stringify([id, stream, String(revision), type, recordedAt, dataText, fields]);
  });

const NAMES = [
  'größe-漢字-1',
  "o'; DROP TABLE events; ---1",
  'order-\u{1f600}',
  'a-b-c',
  `long-${'x'.repeat(507)}`,
  'order-1',
  'order-10',
  'Order-1',
];
const PAYLOADS: readonly unknown[] = [
  { z: 1, a: 2, nul: 'NUL \u0000', lone: '\ud800' },
  { text: 'Größe 漢字 \u2028 \u{1f600}', big: '18446744073709551615', tiny: Number.MIN_VALUE },
  [],
  null,
  'text',
];
/** Nearly as large as any store takes by default. */
const LARGE = { large: 'x'.repeat(900_000) };
const METADATA = [
  {},
  { schemaVersion: 3, commandId: 'c-1', correlationId: 'k-1', causationId: 'p-1' },
  { occurredAt: '2010-12-01T08:26:00.000Z', tenant: 'Ünïcode', extra: { nested: ['a', { correlationId: 'inside' }] }, correlationId: 'k-2' },
];

/** Streams that interleave, of one event or many, with everything that is odd about events. */
const fill = async (store: EventStore, count: number, seed: number, from = 0): Promise<void> => {
  const random = seededRandom(seed);
  for (let index = from; index < from + count; index++) {
    const name = random.int(0, 3) === 0 ? `single-${index}` : random.pick(NAMES);
    const events = Array.from({ length: random.int(1, 4) }, (_, n): NewEvent => {
      const id = eventIdOf(`${seed} ${index}`, streamName(name), n);
      return {
        id,
        type: random.pick(['Noted', 'Größe geändert', 'Placed']),
        data: index === from && n === 0 ? LARGE : random.pick(PAYLOADS),
        metadata: random.pick(METADATA),
      };
    });
    await store.append(streamName(name), events, { expectedRevision: 'any' });
  }
};

describe.each(pairs)('a copy from $from to $to', ({ makeFrom, makeTo }) => {
  it(`keeps everything of a random history, and goes on after it (SEED=${SEED})`, async () => {
    const [from, to] = [await makeFrom(), await makeTo()];
    await at(from, (store) => fill(store, 40, SEED));
    const first = await run({ from, to });
    expect(first.printed).toMatch(/^Equal: /);
    expect(first.code).toBe(0);
    await at(from, (store) => fill(store, 10, SEED + 1, 40));
    expect(await run({ from, to, verify: true })).toMatchObject({
      code: 1,
      printed: expect.stringContaining('the target ends, and the source goes on'),
    });
    expect((await run({ from, to })).code).toBe(0);
    expect((await run({ from, to, verify: true })).code).toBe(0);
    expect(await at(to, async (store) => shown(await allOf(store)))).toEqual(await at(from, async (store) => shown(await allOf(store))));
    // As if nothing had happened, appends go on.
    await at(to, (store) => fill(store, 5, SEED + 2, 50));
  });

  it('refuses a target that holds something else, and leaves it as it is', async () => {
    const [from, to] = [await makeFrom(), await makeTo()];
    await at(from, (store) => fill(store, 5, 1));
    await at(to, (store) => fill(store, 1, 2, 100));
    await expect(run({ from, to })).rejects.toMatchObject({ code: 'CLI_COPY_TARGET_FOREIGN' });
    expect(await at(to, allOf)).toHaveLength(await at(to, async (store) => (await allOf(store)).length));
    const begun = await makeTo();
    await run({ from, to: begun });
    await at(begun, (store) => fill(store, 1, 3, 200));
    await expect(run({ from, to: begun })).rejects.toMatchObject({ code: 'CLI_COPY_TARGET_FOREIGN', revision: expect.any(BigInt) });
  });
});

describe.each(kinds)('%s', (_, make) => {
  it('is not copied onto itself', async () => {
    const from = await make();
    await at(from, (store) => fill(store, 1, 1));
    await expect(run({ from, to: from })).rejects.toMatchObject({ code: 'CLI_COPY_ONTO_ITSELF' });
  });

  it('is followed until Ctrl-C, and the rest is copied by the next run', async () => {
    const [from, to] = [await make(), await KINDS.embedded()];
    await at(from, (store) => fill(store, 5, 1));
    const stop = new AbortController();
    const following = run({ from, to, follow: true }, stop.signal);
    await at(from, (store) => fill(store, 5, 2, 5));
    const count = await at(from, async (store) => (await allOf(store)).length);
    await expect.poll(() => at(to, async (store) => (await allOf(store)).length), { timeout: 10_000 }).toBe(count);
    stop.abort();
    expect(await following).toMatchObject({ code: 0, said: expect.stringContaining('without --follow') });
    await at(from, (store) => fill(store, 5, 3, 10));
    expect((await run({ from, to })).code).toBe(0);
    expect((await run({ from, to, verify: true })).code).toBe(0);
  });
});

describe('mainstem copy', () => {
  it.each([
    ['embeded', 'embedded:/nowhere/at/all', 'CLI_INVALID_ARGUMENT'],
    ['postgress://localhost/shop', 'embedded:/nowhere/at/all', 'CLI_INVALID_ARGUMENT'],
    ['embedded:/nowhere/at/all', 'embedded', 'EVENT_STORE_CANNOT_OPEN'],
  ])('refuses %s as source, and makes no target', async (from, to, code) => {
    await expect(run({ from, to })).rejects.toMatchObject({ code });
  });

  it('names the first difference', async () => {
    const [from, to] = [await KINDS.embedded(), await KINDS.embedded()];
    const noted = (store: EventStore, text: string) =>
      store.append(streamName('order-1'), [{ id: eventIdOf('c', streamName('order-1'), 0), type: 'Noted', data: { text }, metadata: {} }], {
        expectedRevision: 'no-stream',
      });
    await at(from, (store) => noted(store, 'one'));
    await at(to, (store) => noted(store, 'two'));
    const { code, printed } = await run({ from, to, verify: true });
    expect([code, printed]).toEqual([1, expect.stringMatching(/^Different after 0 equal events: order-1@0 Noted \(.+\) differs in its data\.$/)]);
    const { printed: json } = await run({ from, to, verify: true, json: true });
    expect(JSON.parse(json)).toMatchObject({ events: 0, difference: expect.stringContaining('data') });
  });

  it('refuses an event with a field of metadata that some stores use themselves', async () => {
    if (!hasPostgres || !KINDS.postgres) return;
    const [from, to] = [await KINDS.postgres(), await KINDS.embedded()];
    const event: NewEvent = { id: eventIdOf('c', streamName('order-1'), 0), type: 'Noted', data: {}, metadata: { $recordedAt: 'then' } };
    await at(from, (store) => store.append(streamName('order-1'), [event], { expectedRevision: 'no-stream' }));
    await expect(run({ from, to })).rejects.toMatchObject({ code: 'EVENT_STORE_NOT_COPYABLE', stream: 'order-1' });
  });
});
