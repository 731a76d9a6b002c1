// Reactions: each wanted event has its effect at least once, in order for each key, and none before the place of
// beginning.
import { InMemoryEventStore, type Position, type RecordedEvent } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { InvalidProjection } from '../definition/errors.js';
import { reaction, type ReactionStart } from '../definition/reaction.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import { ReadStoreUnavailable } from '../read-store/errors.js';
import { append, filledStore, HookedReadStore, tallyEvents, until } from '../tally.fixtures.js';
import { Projector } from './projector.js';
import type { ProjectionStatus } from './projection-status.js';

const FAST = { retryDelayMs: 1, retryDelayMaxMs: 3 };
const TIMEOUT = { timeoutMs: 4_000 };

const running: Projector[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
});

interface RunOptions {
  readonly store?: MemoryReadStore;
  readonly onFailure?: 'stop' | 'park';
  readonly startsAt?: ReactionStart;
  readonly batchSizeMax?: number;
  readonly isTrouble?: (error: unknown) => boolean;
  readonly react?: (event: RecordedEvent, signal: AbortSignal) => Promise<void> | void;
  readonly reactToSeveral?: (events: readonly RecordedEvent[]) => Promise<void>;
}

const start = (reader: InMemoryEventStore, { store = new MemoryReadStore(), onFailure = 'stop', ...options }: RunOptions = {}) => {
  const effects: RecordedEvent[] = [];
  const projection = reaction({
    name: 'tally-mail',
    events: [tallyEvents],
    types: ['Added'],
    startsAt: options.startsAt ?? 'first-event',
    ...(options.isTrouble && { isTrouble: options.isTrouble }),
    ...(options.reactToSeveral && { reactToSeveral: options.reactToSeveral }),
    react: async (event, { signal }) => {
      await options.react?.(event, signal);
      effects.push(event);
    },
  });
  const batchSizeMax = options.batchSizeMax ?? 10;
  const projector = new Projector({ reader, projections: [{ projection, store, recovery: { ...FAST, onFailure } }], batchSizeMax });
  running.push(projector);
  projector.start();
  return { projector, store, effects, amounts: (stream: string) => amountsOf(effects, stream) };
};

const amountsOf = (events: readonly RecordedEvent[], stream: string): number[] =>
  events.filter((event) => event.stream === stream).map(({ data }) => (data as { amount: number }).amount);
/** As `filledStore` makes them. */
const expected = (stream: string, last: number, from = 1): number[] =>
  Array.from({ length: last }, (_, index) => index + 1).filter((n) => n >= from && n % 7 !== 0 && stream === `tally-${'abc'.charAt(n % 3)}`);
const reached = async (reader: InMemoryEventStore, projector: Projector): Promise<void> =>
  projector.waitFor('tally-mail', (await reader.head()) as Position, TIMEOUT);
const only = (projector: Projector): ProjectionStatus => {
  const [status] = projector.status();
  if (!status) throw new TypeError('there is one reaction');
  return status;
};
const STREAMS = ['tally-a', 'tally-b', 'tally-c'];

describe('a reaction', () => {
  it('is given the events of one key that are due together, at most 500 of a commit, in their order', async () => {
    const reader = await filledStore(1_200);
    const lists: (readonly RecordedEvent[])[] = [];
    const { projector, effects } = start(reader, { batchSizeMax: 2_000, reactToSeveral: async (events) => void lists.push(events) });
    await reached(reader, projector);
    expect(lists.length).toBeGreaterThan(STREAMS.length);
    for (const stream of STREAMS) expect(amountsOf([...lists.flat(), ...effects], stream), stream).toEqual(expected(stream, 1_200));
  });

  it('makes effects one by one that fail together, and finds the event that fails', async () => {
    const reader = await filledStore(30);
    const { projector, store, effects } = start(reader, {
      onFailure: 'park',
      reactToSeveral: () => Promise.reject(new Error('one of them')),
      react: (event) => {
        if (event.stream === 'tally-b' && (event.data as { amount: number }).amount === 13) throw new Error('thirteen');
      },
    });
    await reached(reader, projector);
    expect((await store.parked('tally-mail', 1))[0]?.error).toContain('thirteen');
    for (const stream of ['tally-a', 'tally-c']) expect(new Set(amountsOf(effects, stream)), stream).toEqual(new Set(expected(stream, 30)));
    expect(new Set(amountsOf(effects, 'tally-b'))).toEqual(new Set(expected('tally-b', 12)));
  });

  it('waits for the end of trouble that events meet together', async () => {
    const reader = await filledStore(30);
    let troubles = 2;
    const lists: (readonly RecordedEvent[])[] = [];
    const { projector, effects } = start(reader, {
      isTrouble: (error) => String(error).includes('flood'),
      reactToSeveral: async (events) => {
        if (troubles-- > 0) throw new Error('flood');
        lists.push(events);
      },
    });
    await reached(reader, projector);
    expect(new Set(amountsOf([...lists.flat(), ...effects], 'tally-a'))).toEqual(new Set(expected('tally-a', 30)));
  });

  it('makes the effect of each wanted event once, those of a key in order, while nothing fails', async () => {
    const reader = await filledStore(1_200);
    const { projector, amounts } = start(reader, { batchSizeMax: 1_000 });
    await reached(reader, projector);
    for (const stream of STREAMS) expect(amounts(stream)).toEqual(expected(stream, 1_200));
  });

  it('makes effects of several keys at the same time, and never two of one key', async () => {
    const reader = await filledStore(60);
    const underWay = new Map<string, number>();
    let together = 0;
    const { projector } = start(reader, {
      react: async ({ stream }) => {
        underWay.set(stream, (underWay.get(stream) ?? 0) + 1);
        expect(underWay.get(stream)).toBe(1);
        together = Math.max(together, [...underWay.values()].filter((count) => count > 0).length);
        await new Promise((resolve) => setImmediate(resolve));
        underWay.set(stream, 0);
      },
    });
    await reached(reader, projector);
    expect(together).toBe(3);
  });

  it('goes on behind its checkpoint after a restart', async () => {
    const reader = await filledStore(20);
    const first = start(reader);
    await reached(reader, first.projector);
    await first.projector.stop();
    await append(reader, 'a', 1_000);
    const second = start(reader, { store: first.store });
    await reached(reader, second.projector);
    expect(second.effects.map(({ position }) => position)).toEqual([21n]);
  });

  it('makes effects again whose checkpoint was not written, and only those', async () => {
    const reader = await filledStore(20);
    const store = new HookedReadStore();
    let committed: Position | undefined;
    let isLost = false;
    store.onCommit = async (batch, commit) => {
      if (batch.checkpoint.to === 20n && !isLost) {
        isLost = true;
        committed = batch.checkpoint.from;
        throw new ReadStoreUnavailable('memory', 'it is away');
      }
      await commit();
    };
    const { projector, effects } = start(reader, { store });
    await reached(reader, projector);
    const times = new Map<number, number>();
    for (const { position } of effects) times.set(Number(position), (times.get(Number(position)) ?? 0) + 1);
    const again = [...times].filter(([, count]) => count === 2).map(([position]) => position);
    expect(again.toSorted((left, right) => left - right)).toEqual(
      [...times.keys()].filter((position) => position > Number(committed ?? 0n)).toSorted((left, right) => left - right),
    );
    expect(Math.max(...times.values())).toBe(2);
  });

  it('waits for the end of trouble and parks nothing meanwhile', async () => {
    const reader = await filledStore(20);
    let failures = 0;
    const { projector, store, amounts } = start(reader, {
      onFailure: 'park',
      isTrouble: (error) => (error as Error).message === 'the mail server is away',
      react: () => {
        if (failures++ < 7) throw new Error('the mail server is away');
      },
    });
    await reached(reader, projector);
    expect(await store.parked('tally-mail', 10)).toEqual([]);
    for (const stream of STREAMS) expect([...new Set(amounts(stream))]).toEqual(expected(stream, 20));
  });

  it('stops before an event whose effect fails, with everything before it committed', async () => {
    const reader = await filledStore(40);
    const { projector, store, effects } = start(reader, {
      react: ({ position }) => {
        if (position === 24n) throw new Error('no such mailbox');
      },
    });
    await until(() => only(projector).state === 'stopped');
    expect(only(projector).reason).toBe('PROJECTION_FAILED: Projection tally-mail failed on Added at position 24 (key tally-a): no such mailbox');
    expect((await store.generations('tally-mail'))[0]?.checkpoint.position).toBe(23n);
    expect(new Set(effects.filter(({ position }) => position < 24n).map(({ position }) => position)).size).toBe(20);
  });

  it('parks an event whose effect fails with what follows of its key, and makes them in order after the cause was mended', async () => {
    const reader = await filledStore(40);
    let isMended = false;
    const { projector, store, amounts } = start(reader, {
      onFailure: 'park',
      react: ({ position }) => {
        if (position === 24n && !isMended) throw new Error('no such mailbox');
      },
    });
    await reached(reader, projector);
    const parked = await store.parked('tally-mail', 100);
    expect(parked.map(({ position }) => Number(position))).toEqual([24, 27, 30, 33, 36, 39]);
    expect([...new Set(amounts('tally-a'))]).toEqual(expected('tally-a', 23));
    isMended = true;
    expect(await projector.replayParked('tally-mail')).toEqual({ replayed: 6, stillParked: 0 });
    expect([...new Set(amounts('tally-a'))]).toEqual(expected('tally-a', 40));
    for (const stream of STREAMS.slice(1)) expect([...new Set(amounts(stream))]).toEqual(expected(stream, 40));
  });

  it('keeps an event parked that fails again, with what follows of its key', async () => {
    const reader = await filledStore(40);
    const { projector, store } = start(reader, {
      onFailure: 'park',
      react: ({ position }) => {
        if (position === 24n || position === 30n) throw new Error(`no mailbox ${position}`);
      },
    });
    await reached(reader, projector);
    expect(await projector.replayParked('tally-mail')).toEqual({ replayed: 0, stillParked: 6 });
    expect((await store.parked('tally-mail', 1))[0]?.error).toContain('no mailbox 24');
  });

  it('ends an effect that waits when it is stopped, and makes it again', async () => {
    const reader = await filledStore(3);
    const first = start(reader, {
      react: (_, signal) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('ended')), { once: true })),
    });
    await until(() => only(first.projector).state !== 'starting');
    await first.projector.stop();
    const second = start(reader, { store: first.store });
    await reached(reader, second.projector);
    expect(second.effects).toHaveLength(3);
    expect(await second.store.parked('tally-mail', 1)).toEqual([]);
  });

  it('keeps its generation when its code changes', async () => {
    const reader = await filledStore(5);
    const store = new MemoryReadStore();
    for (const react of [() => undefined, async () => undefined]) {
      const { projector } = start(reader, { store, react });
      await reached(reader, projector);
      await projector.stop();
    }
    expect((await store.generations('tally-mail')).map(({ number, state }) => [number, state])).toEqual([[1, 'serving']]);
  });
});

describe('a reaction that starts now', () => {
  it('makes no effect of events that were there before its first start', async () => {
    const reader = await filledStore(30);
    const { projector, effects } = start(reader, { startsAt: 'now' });
    await until(() => only(projector).state === 'live');
    await append(reader, 'b', 500);
    await reached(reader, projector);
    expect(effects.map(({ position }) => position)).toEqual([31n]);
  });

  it('makes the effects of all events that came after its first start on an empty log, also while it was stopped', async () => {
    const reader = new InMemoryEventStore();
    const first = start(reader, { startsAt: 'now' });
    await until(() => only(first.projector).state === 'live');
    await first.projector.stop();
    await append(reader, 'a', 1);
    await append(reader, 'a', 2);
    const second = start(reader, { startsAt: 'now', store: first.store });
    await reached(reader, second.projector);
    expect(second.amounts('tally-a')).toEqual([1, 2]);
  });
});

describe('a declaration', () => {
  const react = async (): Promise<void> => undefined;
  it('is refused for a name that no store takes, a start that is none, and a type that no registry declares', () => {
    expect(() => reaction({ name: 'Tally Mail', events: [tallyEvents], startsAt: 'now', react })).toThrow(InvalidProjection);
    expect(() => reaction({ name: 'mail', events: [tallyEvents], startsAt: 'today' as never, react })).toThrow('startsAt');
    expect(() => reaction({ name: 'mail', events: [tallyEvents], types: ['Sent' as never], startsAt: 'now', react })).toThrow('wants Sent');
  });
});
