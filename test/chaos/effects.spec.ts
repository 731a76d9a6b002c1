// Payments and mails over HTTP, while their hosts are killed and the receiver drops, fails, hangs and answers twice.
// Each request arrives, under one key; a receiver that knows the key has each effect once.
import { CommandExecutor, loadAggregate } from '@mainstem/aggregate';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { systemRuntime } from '@mainstem/event-store';
import type { Figures } from '@mainstem/projection/reaction';
import { describe, expect, it } from 'vitest';
import { checkout, order, Place } from '../../libs/process/src/checkout.fixtures.js';
import { EffectReceiver, type Arrival, type Way } from '../fixtures/effect-receiver.js';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

const ORDERS = 100;
const HOSTS = 2;
const KILLS = 8;
const WAYS: readonly Way[] = ['answers', 'answers', 'answers', 'answers', 'answers twice', 'fails', 'drops', 'lost', 'hangs'];
/** Their mails are refused until people have corrected the address. */
const REFUSED_EVERY = 25;

const idOf = ({ path, body }: Arrival): string =>
  path === '/charges' ? String(body['order']) : (/^Order (\w+):/.exec(String(body['text']))?.[1] ?? '');
const isRefused = (arrival: Arrival): boolean => arrival.path === '/mails' && Number(idOf(arrival).slice(1)) % REFUSED_EVERY === 0;

describe('effects outside', () => {
  it('arrive at least once under one key, and happen once at a receiver that knows it, while hosts are killed', async () => {
    const chance = chanceOf('effects');
    await inFolder(async (dir) => {
      const receiver = await EffectReceiver.open();
      const store = await EmbeddedEventStore.open({ dir });
      const executor = new CommandExecutor({ store });
      const epoch = String(systemRuntime.now());
      const count = trials(ORDERS);
      const ids = Array.from({ length: count }, (_, index) => `o${index}`);
      const host = (): WorkerProcess => new WorkerProcess('effect-host.ts', { args: [dir, receiver.url, epoch] });
      const hosts = Array.from({ length: HOSTS }, host);
      try {
        receiver.behave((arrival) => (isRefused(arrival) ? 'refuses' : chance.pick(WAYS)));
        const placing = (async () => {
          for (const id of ids) await executor.execute(order, id, new Place('ann@example.org', 5));
        })();
        for (let kill = 0; kill < trials(KILLS); kill++) {
          const which = chance.int(0, HOSTS - 1);
          await hosts[which]?.until('started');
          const before = receiver.arrivals.length;
          for (let looks = chance.int(1, 8); looks > 0; looks--) await hosts[which]?.next('progress');
          if (chance.int(0, 1) === 0) await expect.poll(() => receiver.arrivals.length, { timeout: 60_000 }).toBeGreaterThan(before);
          await hosts[which]?.kill();
          hosts[which] = host();
        }
        await placing;
        receiver.behave((arrival) => (isRefused(arrival) ? 'refuses' : 'answers'));
        const statesOf = (): Promise<readonly Awaited<ReturnType<typeof stateOf>>[]> => Promise.all(ids.map((id) => stateOf(store, id)));
        const waiting = async (): Promise<number> =>
          (await statesOf()).reduce((sum, { isEnded, effects }) => sum + (isEnded ? Object.keys(effects).length : 1), 0);
        await expect.poll(waiting, { timeout: 240_000, interval: 200 }).toBe(0);

        const givenUp = (await statesOf()).flatMap((state, index) => (Object.keys(state.givenUp).length > 0 ? [ids[index] ?? ''] : []));
        const refused = ids.filter((_, index) => index % REFUSED_EVERY === 0);
        expect(givenUp).toEqual(expect.arrayContaining(refused));
        await expect.poll(() => givenUpShown(hosts), { timeout: 30_000 }).toEqual(hosts.map(() => givenUp.length));
        receiver.forgive();
        receiver.behave(() => 'answers');
        for (const id of givenUp) await executor.execute(checkout.aggregate, id, { kind: 'retry' });
        await expect.poll(waiting, { timeout: 60_000, interval: 200 }).toBe(0);
        for (const [index, state] of (await statesOf()).entries()) expect(state.givenUp, ids[index]).toEqual({});
      } finally {
        await Promise.all(hosts.map((one) => one.kill()));
      }
      for (const id of ids) {
        const { state } = await loadAggregate(store, order, id);
        for (const path of ['/charges', '/mails']) {
          const keys = new Set(receiver.arrivals.filter((arrival) => arrival.path === path && idOf(arrival) === id).map(({ key }) => key));
          expect(keys.size, `keys of ${path} of ${id}`).toBe(1);
          const [key = ''] = keys;
          // A payment whose attempts were used up before an answer is told as a failure.
          if (path === '/mails' || state === 'Confirmed') expect(receiver.effects.get(key), `${path} of ${id}`).toBe(1);
        }
      }
      expect(new Set(receiver.effects.values())).toEqual(new Set([1]));
      expect(receiver.arrivals.length).toBeGreaterThan(2 * count);
      await store.close();
      await receiver.close();
    });
  });
});

const stateOf = async (store: EmbeddedEventStore, id: string) => (await loadAggregate(store, checkout.aggregate, id)).state;

const givenUpShown = (hosts: readonly WorkerProcess[]): readonly unknown[] =>
  hosts.map((one) => (one.last.get('progress')?.['figures'] as Figures | undefined)?.['given-up']);
