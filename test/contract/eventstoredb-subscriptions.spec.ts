// EventStoreDB's rules of subscriptions, filters and checkpoints, row by row, through its real client; and illegal
// reads.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { EventStoreDBClient, eventTypeFilter, excludeSystemEvents, jsonEvent, START, streamNameFilter, type Filter } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { append, errorType, events, newStream, startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';
import { RawProtocol } from './eventstoredb/raw-protocol.js';

let fixture: ProtocolFixture;
let client: EventStoreDBClient;
beforeEach(async () => {
  fixture = await startProtocol();
  ({ client } = fixture);
});
afterEach(() => fixture.stop());

/** What a subscription tells, in order: events by type and revision, marks, checkpoints by position. */
class Told {
  readonly told: string[] = [];
  readonly #subscription: ReturnType<EventStoreDBClient['subscribeToAll']>;

  constructor(subscribe: (checkpointReached: NonNullable<Filter['checkpointReached']>) => unknown) {
    this.#subscription = subscribe((_, { commit }) => void this.told.push(`checkpoint ${commit}`)) as ReturnType<
      EventStoreDBClient['subscribeToAll']
    >;
    this.#subscription.on('data', ({ event }) => void this.told.push(`${event?.type} ${event?.position?.commit}`));
    this.#subscription.on('confirmation', () => void this.told.push('confirmed'));
    this.#subscription.on('caughtUp', () => void this.told.push('caught up'));
    this.#subscription.on('error', (error) => void this.told.push(`error ${(error as { type?: string }).type}`));
  }

  async until(last: string): Promise<readonly string[]> {
    await expect.poll(() => this.told, { timeout: 10_000, interval: 5 }).toContain(last);
    return this.told;
  }

  end(): Promise<void> {
    return this.#subscription.unsubscribe();
  }
}

const typed = (type: string, count: number) => Array.from({ length: count }, () => jsonEvent({ type, data: {} }));
const filtered = (filter: (options: { checkpointReached: NonNullable<Filter['checkpointReached']> }) => Filter, fromPosition?: bigint) =>
  new Told((checkpointReached) =>
    client.subscribeToAll({
      filter: filter({ checkpointReached }),
      fromPosition: fromPosition === undefined ? START : { commit: fromPosition, prepare: fromPosition },
    }),
  );

describe('subscriptions · a subscription', () => {
  it('is confirmed first, then tells what is there, then that it has caught up, then what comes', async () => {
    await append(client, 'a-1', typed('A', 2), 'no_stream');
    const told = new Told(() => client.subscribeToAll());
    await told.until('caught up');
    await append(client, 'a-1', typed('B', 1), 'any');
    expect(await told.until('B 3')).toEqual(['confirmed', 'A 1', 'A 2', 'caught up', 'B 3']);
    await told.end();
  });

  it('begins strictly after its position, and after its revision', async () => {
    await append(client, 'a-1', typed('A', 5), 'no_stream');
    const all = new Told(() => client.subscribeToAll({ fromPosition: { commit: 3n, prepare: 3n } }));
    expect(await all.until('caught up')).toEqual(['confirmed', 'A 4', 'A 5', 'caught up']);
    const one = new Told(() => client.subscribeToStream('a-1', { fromRevision: 3n }));
    expect(await one.until('caught up')).toEqual(['confirmed', 'A 5', 'caught up']);
    await Promise.all([all.end(), one.end()]);
  });

  it('from the end tells only what comes', async () => {
    await append(client, 'a-1', typed('A', 2), 'no_stream');
    const all = new Told(() => client.subscribeToAll({ fromPosition: 'end' }));
    const one = new Told(() => client.subscribeToStream('a-1', { fromRevision: 'end' }));
    await Promise.all([all.until('caught up'), one.until('caught up')]);
    await append(client, 'a-1', typed('B', 1), 'any');
    expect(await all.until('B 3')).toEqual(['confirmed', 'caught up', 'B 3']);
    expect(await one.until('B 3')).toEqual(['confirmed', 'caught up', 'B 3']);
    await Promise.all([all.end(), one.end()]);
  });

  it('to a stream that does not exist waits until it does', async () => {
    const told = new Told(() => client.subscribeToStream('later-1'));
    await told.until('caught up');
    await append(client, 'later-1', typed('A', 1), 'no_stream');
    expect(await told.until('A 1')).toEqual(['confirmed', 'caught up', 'A 1']);
    await told.end();
  });

  it('to a stream goes on over a soft delete, and ends with a tombstone', async () => {
    await append(client, 'a-1', typed('A', 1), 'no_stream');
    const told = new Told(() => client.subscribeToStream('a-1'));
    await told.until('caught up');
    await client.deleteStream('a-1');
    await append(client, 'a-1', typed('B', 1), 'any');
    await told.until('B 3');
    await client.tombstoneStream('a-1');
    expect(await told.until('error stream-deleted')).toEqual(['confirmed', 'A 1', 'caught up', 'B 3', '$streamDeleted 5', 'error stream-deleted']);
  });

  it('to a stream that was tombstoned is refused before it is confirmed', async () => {
    await client.tombstoneStream('a-1');
    const told = new Told(() => client.subscribeToStream('a-1'));
    expect(await told.until('error stream-deleted')).toEqual(['error stream-deleted']);
  });

  it('ends with an error when the server stops', async () => {
    const told = new Told(() => client.subscribeToAll());
    await told.until('caught up');
    await fixture.server.stop();
    await expect.poll(() => told.told.at(-1), { timeout: 10_000, interval: 5 }).toBe('error unavailable');
  });

  it('loses and repeats nothing where catching up goes over to live, whenever the writer writes', async () => {
    const writing = (async () => {
      for (let n = 0; n < 300; n++) await append(client, `w-${n % 7}`, typed('W', 1 + (n % 3)), 'any');
    })();
    const followers = Array.from({ length: 10 }, () => new Told(() => client.subscribeToAll()));
    await writing;
    await append(client, 'last-1', typed('Last', 1), 'any');
    for (const follower of followers) {
      const told = (await follower.until('Last 601')).filter((line) => /^[WL]/.test(line));
      expect(told).toEqual([...Array.from({ length: 600 }, (_, n) => `W ${n + 1}`), 'Last 601']);
    }
    await Promise.all(followers.map((follower) => follower.end()));
  });
});

describe('filters and checkpoints · a filter', () => {
  const FILTERS = [
    ['type prefixes', () => eventTypeFilter({ prefixes: ['Al', 'Ga'] }), ['Alpha', 'Gamma']],
    ['a type expression', () => eventTypeFilter({ regex: '^(Alpha|Beta)$' }), ['Alpha', 'Beta']],
    ['an expression in .NET notation', () => eventTypeFilter({ regex: '\\A\\w+mma\\z' }), ['Gamma']],
    ['stream prefixes', () => streamNameFilter({ prefixes: ['one-'] }), ['Alpha', 'Beta']],
    ['a stream expression', () => streamNameFilter({ regex: '^two\\-\\d$' }), ['Gamma']],
    ['prefixes, which are taken letter by letter', () => eventTypeFilter({ prefixes: ['al', 'ga'] }), []],
    ['system events', () => eventTypeFilter({ prefixes: ['$'] }), ['$metadata']],
    ['no system events', () => excludeSystemEvents(), ['Alpha', 'Beta', 'Gamma', 'Marker']],
  ] as const;
  it.each(FILTERS)('of %s lets through what it says', async (_, filter, types) => {
    await append(client, 'one-1', [...typed('Alpha', 1), ...typed('Beta', 1)], 'no_stream');
    await append(client, 'two-1', typed('Gamma', 1), 'no_stream');
    await client.setStreamMetadata('one-1', { maxCount: 9 });
    await append(client, 'marker-1', typed('Marker', 1), 'no_stream');
    const told = new Told(() => client.subscribeToAll({ filter: filter() }));
    const seen = (await told.until('caught up')).filter((line) => /^[A-Z$]/.test(line)).map((line) => line.split(' ')[0]);
    expect(seen).toEqual(types);
    await told.end();
  });

  it('with an expression and prefixes goes by the expression', async () => {
    await append(client, 'a-1', [...typed('Alpha', 1), ...typed('Beta', 2)], 'no_stream');
    const raw = new RawProtocol(fixture.server.port);
    const filter = { event_type: { regex: '^B', prefix: ['A'] }, count: {}, checkpointIntervalMultiplier: 1 };
    expect(await raw.readEvents({ all: { start: {} }, count: '9', filter })).toBe(2);
    raw.close();
  });

  it('whose expression only .NET understands is refused', async () => {
    for (const regex of ['(?i)alpha', '(?>a)', '[a-z-[aeiou]]', '(?<open-close>x)', '(']) {
      const subscription = client.subscribeToAll({ filter: eventTypeFilter({ regex }) });
      const [error] = (await once(subscription, 'error')) as [{ code?: number }];
      expect(error.code).toBe(3);
    }
  });

  it('tells live exactly every interval of considered events how far it is', async () => {
    const told = filtered((options) => eventTypeFilter({ prefixes: ['Never'], checkpointInterval: 2, maxSearchWindow: 5, ...options }));
    await told.until('caught up');
    for (let n = 0; n < 35; n++) await append(client, 'a-1', typed('A', 1), 'any');
    expect(await told.until('checkpoint 30')).toEqual(['confirmed', 'checkpoint 0', 'caught up', 'checkpoint 10', 'checkpoint 20', 'checkpoint 30']);
    await told.end();
  });

  it('counts events that match as considered, and tells the event before the checkpoint', async () => {
    const told = filtered((options) => eventTypeFilter({ prefixes: ['B'], checkpointInterval: 1, maxSearchWindow: 4, ...options }));
    await told.until('caught up');
    await append(client, 'a-1', [...typed('A', 3), ...typed('B', 2)], 'any');
    expect(await told.until('B 5')).toEqual(['confirmed', 'checkpoint 0', 'caught up', 'B 4', 'checkpoint 4', 'B 5']);
    await told.end();
  });

  it('tells while catching up, by pages of 32, the last match, or where the page began', async () => {
    await append(client, 'a-1', [...typed('A', 10), ...typed('B', 1), ...typed('A', 21), ...typed('A', 40)], 'no_stream');
    const told = filtered((options) => eventTypeFilter({ prefixes: ['B'], ...options }));
    expect(await told.until('caught up')).toEqual(['confirmed', 'B 11', 'checkpoint 11', 'checkpoint 32', 'caught up']);
    await told.end();
  });

  it('gives checkpoints from which another subscription goes on without hole', async () => {
    const types = Array.from({ length: 400 }, (_, n) => (n % 37 === 0 ? 'Rare' : 'A'));
    await append(
      client,
      'a-1',
      types.flatMap((type) => typed(type, 1)),
      'no_stream',
    );
    const first = filtered((options) => eventTypeFilter({ prefixes: ['Rare'], ...options }));
    const told = await first.until('caught up');
    const isAfter = (line: string, place: number): boolean => line.startsWith('Rare') && Number(line.split(' ')[1]) > place;
    for (const checkpoint of told.filter((line) => line.startsWith('checkpoint')).map((line) => Number(line.split(' ')[1]))) {
      const rest = filtered((options) => eventTypeFilter({ prefixes: ['Rare'], ...options }), BigInt(checkpoint));
      expect((await rest.until('caught up')).filter((line) => line.startsWith('Rare'))).toEqual(told.filter((line) => isAfter(line, checkpoint)));
      await rest.end();
    }
    await first.end();
  });

  it('finds an empty log, and is told position 0 before it has caught up', async () => {
    const told = filtered((options) => eventTypeFilter({ prefixes: ['A'], ...options }));
    expect(await told.until('caught up')).toEqual(['confirmed', 'checkpoint 0', 'caught up']);
    await told.end();
  });

  it('is not there, then there are no checkpoints', async () => {
    await append(client, 'a-1', typed('A', 100), 'no_stream');
    const told = new Told(() => client.subscribeToAll());
    expect((await told.until('caught up')).filter((line) => line.startsWith('checkpoint'))).toEqual([]);
    await told.end();
  });
});

describe('reads · a read that the protocol does not allow', () => {
  const stream = { stream: { stream_identifier: { stream_name: Buffer.from('a-1') }, start: {} } };
  const filter = { filter: { event_type: { prefix: ['A'] }, count: {}, checkpointIntervalMultiplier: 1 } };
  const none = { no_filter: {} };
  const ILLEGAL: readonly (readonly [name: string, options: object])[] = [
    ['of a stream with a filter', { ...stream, count: '1', ...filter }],
    ['that subscribes backwards', { all: { start: {} }, subscription: {}, read_direction: 'Backwards', ...none }],
    ['that subscribes to a stream backwards', { ...stream, subscription: {}, read_direction: 'Backwards', ...none }],
    ['that does not say what to read', { count: '1', ...none }],
    ['that does not say how much', { all: { start: {} }, ...none }],
    ['that does not say whether there is a filter', { all: { start: {} }, count: '1' }],
    ['that does not say where to start', { all: {}, count: '1', ...none }],
    ['of a stream without a name', { stream: { stream_identifier: {}, start: {} }, count: '1', ...none }],
    ['of a stream whose name is no text', { stream: { stream_identifier: { stream_name: Buffer.from([0xff]) }, start: {} }, count: '1', ...none }],
    ['with a search window of nothing', { all: { start: {} }, subscription: {}, filter: { ...filter.filter, count: undefined, max: 0 } }],
    [
      'with a checkpoint interval of nothing',
      { all: { start: {} }, subscription: {}, filter: { ...filter.filter, checkpointIntervalMultiplier: 0 } },
    ],
    ['without options', {}],
  ];
  it.each(ILLEGAL)('%s is answered INVALID_ARGUMENT', async (_, options) => {
    const raw = new RawProtocol(fixture.server.port);
    expect(await raw.readStatus(options)).toBe(3);
    raw.close();
  });

  it('has legal neighbours that are answered', async () => {
    await append(client, 'a-1', events(3), 'no_stream');
    const raw = new RawProtocol(fixture.server.port);
    for (const direction of ['Forwards', 'Backwards']) {
      expect(await raw.readEvents({ ...stream, count: '9', read_direction: direction, ...none })).toBe(direction === 'Forwards' ? 3 : 1);
      for (const of of [filter, none]) {
        const start = direction === 'Forwards' ? { start: {} } : { end: {} };
        expect(await raw.readEvents({ all: start, count: '9', read_direction: direction, ...of })).toBe(of === filter ? 0 : 3);
      }
    }
    raw.close();
  });

  it('is nothing that harms the others: the connection goes on', async () => {
    expect(await errorType(client.appendToStream(newStream(), [jsonEvent({ id: 'no uuid', type: 'A', data: {} })]))).toBe('unknown');
    expect(await client.appendToStream(newStream(), [jsonEvent({ id: randomUUID(), type: 'A', data: {} })])).toMatchObject({ success: true });
  });
});
