// A host of effects in trouble: health says so, and a stop waits for nothing that does not answer.
import { CommandExecutor, loadAggregate } from '@mainstem/aggregate';
import { InMemoryEventStore, systemRuntime, type EventStore, type Runtime } from '@mainstem/event-store';
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { afterEach, describe, expect, it } from 'vitest';
import { chargeCard, checkout, openShop, order, Place, sendMail, settled, type Shop, type ShopOptions } from './checkout.fixtures.js';
import { performer } from './index.js';

let shop: Shop;
afterEach(() => shop.projector.stop());

const started = (options: Partial<ShopOptions> = {}): void => {
  const performers = [performer(chargeCard, async () => ({ payment: 'p' })), performer(sendMail, async () => undefined)];
  shop = openShop({ readStore: new MemoryReadStore(), performers, ...options });
  shop.projector.start();
};
const place = (): Promise<unknown> => shop.executor.execute(order, 'o1', new Place('ann@example.org', 5));

describe('a host of effects', () => {
  it('says so as long as no instance can be read, whatever its read model answers', async () => {
    let passedMs = 0;
    let isDown = true;
    const store: EventStore = new InMemoryEventStore();
    const read = store.readStream.bind(store);
    // Commands are executed all the same.
    const executor = new CommandExecutor({
      store: {
        append: store.append.bind(store),
        appendAll: store.appendAll?.bind(store),
        head: store.head.bind(store),
        readAll: store.readAll.bind(store),
        readStream: read,
      } as unknown as EventStore,
    });
    store.readStream = (stream, options) => {
      if (isDown && stream.startsWith('checkout-')) throw new TypeError('no way');
      return read(stream, options);
    };
    started({ store, executor, runtime: { ...systemRuntime, monotonic: () => systemRuntime.monotonic() + passedMs } });
    await place();
    await expect.poll(() => shop.runner.troubles()).not.toEqual([]);
    await shop.runner.look();
    await shop.runner.look();
    expect(shop.runner.troubles()).toEqual(['attempts of effect charge-card of checkout can be neither begun nor recorded: TypeError']);
    isDown = false;
    passedMs += 5_000;
    await settled(shop);
    expect(shop.runner.troubles()).toEqual([]);
  });

  it('performs nothing that it has begun to begin when it stops', async () => {
    const store = new InMemoryEventStore();
    const inner = new CommandExecutor({ store });
    const beginning = Promise.withResolvers<void>();
    const isLetGo = Promise.withResolvers<void>();
    const execute: typeof inner.execute = async (aggregate, id, command, context) => {
      if ((command as { readonly kind?: string }).kind === 'attempt') {
        beginning.resolve();
        await isLetGo.promise;
      }
      return inner.execute(aggregate, id, command, context);
    };
    let calls = 0;
    const charge = performer(chargeCard, async () => ({ payment: `p${++calls}` }));
    started({ store, executor: { execute }, performers: [charge, performer(sendMail, async () => undefined)] });
    await place();
    await beginning.promise;
    const stopping = shop.projector.stop();
    isLetGo.resolve();
    await stopping;
    expect(calls).toBe(0);
    const { state } = await loadAggregate(store, checkout.aggregate, 'o1');
    expect(state.effects).toMatchObject({ 'charge#1': { attempt: 1, spent: 0 } });
  });

  it('stops although the event store does not answer', async () => {
    const store = new InMemoryEventStore();
    const inner = new CommandExecutor({ store });
    const beginning = Promise.withResolvers<void>();
    const execute: typeof inner.execute = async (aggregate, id, command, context) => {
      if ((command as { readonly kind?: string }).kind !== 'attempt') return inner.execute(aggregate, id, command, context);
      beginning.resolve();
      return new Promise((_, reject) => context?.signal?.addEventListener('abort', () => reject(new TypeError('aborted'))));
    };
    const runtime: Runtime = { ...systemRuntime, sleep: (ms, signal) => systemRuntime.sleep(Math.min(ms, 20), signal) };
    started({ store, executor: { execute }, runtime });
    await place();
    await beginning.promise;
    await shop.projector.stop();
    expect(shop.runner.figures()).toMatchObject({ 'under-way': 0 });
  });
});
