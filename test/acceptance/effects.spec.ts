// An application whose payments and mails go over HTTP: a receiver that fails, an end in the middle, what people see.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandExecutor, loadAggregate } from '@mainstem/aggregate';
import type { EventStore } from '@mainstem/event-store';
import { EVENT_STORE } from '@mainstem/nest';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chargeCard, checkout, order, Place } from '../../libs/process/src/checkout.fixtures.js';
import { EffectReceiver } from '../fixtures/effect-receiver.js';
import { createShop } from './processes/shop.application.js';

let dir: string;
let receiver: EffectReceiver;
let shops: NestExpressApplication[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-shop-'));
  receiver = await EffectReceiver.open();
});
afterEach(async () => {
  for (const shop of shops) await shop.close();
  shops = [];
  await receiver.close();
  await rm(dir, { recursive: true });
});

const start = async (): Promise<NestExpressApplication> => {
  const shop = await createShop(dir, receiver.url);
  shops.push(shop);
  await shop.listen(0, '127.0.0.1');
  return shop;
};
const place = (shop: NestExpressApplication, id: string): Promise<unknown> =>
  shop.get(CommandExecutor).execute(order, id, new Place('ann@example.org', 5));
const stateOf = async (shop: NestExpressApplication, id: string) => (await loadAggregate(shop.get<EventStore>(EVENT_STORE), order, id)).state;
const healthOf = async (shop: NestExpressApplication, path: string): Promise<unknown> =>
  (await fetch(`${await shop.getUrl()}/health/${path}`)).json();

it('an application performs effects again after lost answers, with one key, and goes on after an end in the middle', async () => {
  receiver.behave(({ path }) => (path === '/charges' && receiver.arrivals.length < 3 ? 'lost' : 'hangs'));
  const first = await start();
  await place(first, 'a');
  await expect.poll(() => receiver.arrivals.length, { timeout: 60_000 }).toBe(3);
  await first.close();
  shops = [];
  receiver.behave(() => 'answers twice');
  const second = await start();
  await expect.poll(() => stateOf(second, 'a'), { timeout: 30_000 }).toBe('Confirmed');
  await expect.poll(() => receiver.arrivals.filter(({ path }) => path === '/mails').length, { timeout: 30_000 }).toBeGreaterThan(0);
  expect(receiver.keysOf('/charges', () => true).size).toBe(1);
  expect([...receiver.effects.values()].every((times) => times === 1)).toBe(true);
});

it('an application shows an open circuit and what was given up, and people ask for that again', async () => {
  receiver.behave(({ path }) => (path === '/charges' ? 'answers' : 'refuses'));
  const shop = await start();
  await place(shop, 'a');
  const effects = async (): Promise<unknown> => JSON.stringify(await healthOf(shop, 'progress'));
  await expect.poll(effects, { timeout: 30_000 }).toContain('"given-up":1');
  receiver.forgive();
  receiver.behave(() => 'answers');
  await shop.get(CommandExecutor).execute(checkout.aggregate, 'a', { kind: 'retry' });
  await expect.poll(effects, { timeout: 30_000 }).toContain('"given-up":0');

  receiver.behave(() => 'drops');
  for (let index = 0; index < chargeCard.policy.circuitFailuresMax; index++) await place(shop, `b${index}`);
  await expect
    .poll(async () => JSON.stringify(await healthOf(shop, 'ready')), { timeout: 30_000 })
    .toContain('the circuit of effect charge-card of checkout is open');
});
