// One read for all readers at the same place; a reader that lags reads alone until it has caught up.
import { systemRuntime, type EventReader, type InMemoryEventStore, type Position, type SubscribeOptions, type Runtime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { SharedSubscription, type FeedReader } from './shared-subscription.js';
import { append, filledStore, until } from '../tally.fixtures.js';

/** Counts the running reads and all reads so far. */
const counting = (store: InMemoryEventStore): { reader: EventReader; begun: () => number; underWay: () => number } => {
  let begun = 0;
  let underWay = 0;
  const subscribe = async function* (options: SubscribeOptions) {
    begun++;
    underWay++;
    try {
      yield* store.subscribe(options);
    } finally {
      underWay--;
    }
  };
  const reader = Object.assign(Object.create(store) as EventReader, { subscribe, head: () => store.head(), idAt: store.idAt.bind(store) });
  return { reader, begun: () => begun, underWay: () => underWay };
};

const subscriptionOf = (reader: EventReader, batchSizeMax = 5, runtime: Runtime = systemRuntime): SharedSubscription =>
  new SharedSubscription({ reader, filter: { types: ['Added', 'Foreign'] }, batchSizeMax, runtime });

/** Reads until it is caught up; returns the positions that it got. */
const readOn = async (
  feedReader: FeedReader,
  from: Position | undefined,
  limit = 5,
): Promise<{ places: number[]; position: Position | undefined }> => {
  const places: number[] = [];
  let position = from;
  for (;;) {
    const delivery = await feedReader.next(position, { limit, isCaughtUp: false });
    if (!delivery) throw new Error('woken');
    places.push(...delivery.events.map((event) => Number(event.position)));
    position = delivery.position;
    if (delivery.isCaughtUp) return { places, position };
  }
};
const upTo = (last: number, from = 1): number[] => Array.from({ length: last - from + 1 }, (_, index) => from + index);

describe('SharedSubscription', () => {
  it('reads once for all readers at the same place, whatever their batch sizes', async () => {
    const { reader, begun } = counting(await filledStore(50));
    const subscription = subscriptionOf(reader);
    const results = await Promise.all([3, 5, 50].map((limit) => readOn(subscription.join(), undefined, limit)));
    for (const { places } of results) expect(places).toEqual(upTo(50));
    expect(begun()).toBe(1);
  });

  it('lets a late reader read alone, and join the others once it has caught up', async () => {
    const store = await filledStore(400);
    const { reader, begun, underWay } = counting(store);
    const subscription = subscriptionOf(reader, 1); // more batches than the ring keeps
    const first = subscription.join();
    const { position } = await readOn(first, undefined);
    const late = subscription.join();
    expect((await readOn(late, undefined)).places).toEqual(upTo(400));
    expect(begun()).toBe(2);
    const waiting = [first.next(position, { limit: 5, isCaughtUp: true }), late.next(position, { limit: 5, isCaughtUp: true })];
    await append(store, 'a', 1);
    for (const delivery of await Promise.all(waiting)) expect(delivery?.events.length).toBe(1);
    await until(() => underWay() === 1 && subscription.feedCount === 1);
  });

  it('waits a moment at the start for readers that are about to come', async () => {
    const { reader, begun } = counting(await filledStore(400));
    // The time to wait for others does not pass, however late they come on a busy machine.
    const waiting = Promise.withResolvers<void>();
    const sleep: Runtime['sleep'] = (_, signal) =>
      new Promise((resolve) => {
        waiting.resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    const subscription = subscriptionOf(reader, 1, { ...systemRuntime, sleep }); // more batches than the ring keeps
    const [early, late] = [subscription.join(), subscription.join()];
    const first = readOn(early, undefined);
    await waiting.promise;
    expect(begun()).toBe(0);
    const second = readOn(late, undefined);
    expect((await first).places).toEqual(upTo(400));
    expect((await second).places).toEqual(upTo(400));
    expect(begun()).toBe(1);
  });

  it.each([
    { what: 'has left without having read', leaves: true, isWaitedFor: false },
    { what: 'does not come in time', leaves: false, isWaitedFor: true },
  ])('does not wait for a reader that $what', async ({ leaves, isWaitedFor }) => {
    const waits: number[] = [];
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      waits.push(ms);
      return systemRuntime.sleep(ms, signal);
    };
    const reader = await filledStore(5);
    const subscription = new SharedSubscription({
      reader,
      filter: { types: ['Added'] },
      batchSizeMax: 5,
      runtime: { ...systemRuntime, sleep },
      waitForOthersMs: 80,
    });
    const [feedReader, other] = [subscription.join(), subscription.join()];
    if (leaves) other.leave();
    expect((await readOn(feedReader, undefined)).places).toEqual(upTo(5));
    expect(waits.length > 0).toBe(isWaitedFor);
    expect(waits.every((ms) => ms <= 80)).toBe(true);
  });

  it('lets events gather while they arrive fast, unless a reader waits for them', async () => {
    const store = await filledStore(1);
    const gathered: AbortSignal[] = [];
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      if (signal) gathered.push(signal);
      return new Promise(
        (resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }) ?? void systemRuntime.sleep(ms).then(resolve),
      );
    };
    const subscription = new SharedSubscription({
      reader: store,
      filter: { types: ['Added'] },
      batchSizeMax: 10_000,
      runtime: { ...systemRuntime, sleep },
    });
    const feedReader = subscription.join();
    let { position } = await readOn(feedReader, undefined, 10_000);
    const next = async (): Promise<number> => {
      const delivery = await feedReader.next(position, { limit: 10_000, isCaughtUp: true });
      position = delivery?.position;
      return delivery?.events.length ?? 0;
    };
    for (let amount = 1; amount <= 10; amount++) await append(store, 'slow', amount);
    expect(await next()).toBe(10);
    expect(gathered).toHaveLength(0);
    for (let amount = 1; amount <= 6_000; amount++) await append(store, 'fast', amount);
    expect(await next()).toBe(6_000);
    const late = next();
    await until(() => gathered.length === 1);
    for (let amount = 1; amount <= 7; amount++) await append(store, 'more', amount);
    feedReader.hurry();
    expect(await late).toBe(7);
    feedReader.leave();
  });

  it('does not wait for a reader that stays away', async () => {
    const { reader } = counting(await filledStore(400));
    const subscription = subscriptionOf(reader, 1);
    const idle = subscription.join();
    await idle.next(undefined, { limit: 1, isCaughtUp: false });
    expect((await readOn(subscription.join(), undefined)).places).toEqual(upTo(400));
    expect((await readOn(idle, undefined)).places).toEqual(upTo(400));
  });

  it('delivers nothing twice and leaves nothing out while events are appended', async () => {
    const store = await filledStore(1);
    const subscription = subscriptionOf(store, 3);
    const follow = async (limit: number): Promise<number[]> => {
      const feedReader = subscription.join();
      const places: number[] = [];
      let position: Position | undefined;
      let isCaughtUp = false;
      while (places.length < 200) {
        const delivery = await feedReader.next(position, { limit, isCaughtUp });
        if (!delivery) throw new Error('woken');
        places.push(...delivery.events.map((event) => Number(event.position)));
        ({ position, isCaughtUp } = delivery);
      }
      feedReader.leave();
      return places;
    };
    const readers = [1, 2, 7].map(follow);
    for (let amount = 1; amount < 200; amount++) await append(store, 'a', amount);
    for (const places of await Promise.all(readers)) expect(places).toEqual(upTo(200));
    expect(subscription.feedCount).toBe(0);
  });

  it('reports a failure of the event store to every reader, and begins anew at the next call', async () => {
    const store = await filledStore(3);
    let isDown = true;
    const subscribe = (options: SubscribeOptions) => {
      if (!isDown) return store.subscribe(options);
      return (async function* () {
        yield* [];
        throw new Error('gone');
      })();
    };
    const subscription = subscriptionOf(Object.assign(Object.create(store) as EventReader, { subscribe }));
    const feedReaders = [subscription.join(), subscription.join()];
    for (const outcome of await Promise.allSettled(feedReaders.map((feedReader) => readOn(feedReader, undefined))))
      expect(outcome.status).toBe('rejected');
    expect(subscription.feedCount).toBe(0);
    isDown = false;
    for (const feedReader of feedReaders) expect((await readOn(feedReader, undefined)).places).toEqual([1, 2, 3]);
  });

  it('treats a subscription that ends by itself as a failure', async () => {
    const store = await filledStore(3);
    const subscribe = async function* () {
      yield* [];
    };
    const subscription = subscriptionOf(Object.assign(Object.create(store) as EventReader, { subscribe }));
    await expect(readOn(subscription.join(), undefined)).rejects.toThrow('ended');
  });

  it('ends a wait when it is woken, before or while it waits', async () => {
    const subscription = subscriptionOf(await filledStore(1));
    const feedReader = subscription.join();
    feedReader.wake();
    expect(await feedReader.next(undefined, { limit: 5, isCaughtUp: false })).toBeUndefined();
    const { position } = await readOn(feedReader, undefined);
    const waiting = feedReader.next(position, { limit: 5, isCaughtUp: true });
    feedReader.wake();
    expect(await waiting).toBeUndefined();
  });
});
