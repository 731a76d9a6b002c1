// Effects through random histories: receivers that fail in every way, hosts that stop or are killed, two at a time.
import { CommandExecutor, loadAggregate } from '@mainstem/aggregate';
import { InMemoryEventStore, type RecordedEvent, type Runtime } from '@mainstem/event-store';
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { seededRandom, SeededRuntime, type SeededRandom } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { chargeCard, checkout, openShop, order, Place, sendMail, type Shop } from './checkout.fixtures.js';
import { EffectRefused, performer, type Attempt, type Performer } from './index.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 6);
const SEED = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const SEEDS = Array.from({ length: RUNS }, (_, index) => SEED + index);
const STEPS = 12;
const HOSTS = 2;
/** Every wait of a healthy system is shorter: an attempt that was lost, a circuit, the back-off of these runs. */
const CALM_MS = 120_000;

interface Call {
  readonly effect: string;
  readonly request: string;
  readonly attempt: Attempt;
}

/** Knows what it has done by the key, and answers a repeat as it answered first. */
class Receiver {
  readonly calls: Call[] = [];
  /** By key: how often the effect happened. */
  readonly effects = new Map<string, number>();
  isHealthy = false;
  readonly #refused = new Set<string>();
  readonly #random: SeededRandom;
  readonly #runtime: Runtime;

  constructor(random: SeededRandom, runtime: Runtime) {
    this.#random = random;
    this.#runtime = runtime;
  }

  async answer(effect: string, request: string, attempt: Attempt): Promise<{ payment: string }> {
    this.calls.push({ effect, request, attempt });
    const { idempotencyKey, signal } = attempt;
    const way = this.isHealthy ? 'answers' : this.#random.pick(['answers', 'answers', 'fails', 'refuses', 'hangs', 'answer lost', 'slow', 'ignores']);
    if (way === 'fails') throw new Error('503');
    if (way === 'hangs') await this.#runtime.sleep(3_600_000, signal);
    if (way === 'hangs') throw new Error('aborted');
    if (way === 'slow') await this.#runtime.sleep(this.#random.int(1, 20_000));
    // Mails have no rule for a refusal.
    if (!this.effects.has(idempotencyKey) && effect === 'charge-card' && (way === 'refuses' || this.#refused.has(idempotencyKey))) {
      this.#refused.add(idempotencyKey);
      throw new EffectRefused('CARD_DECLINED', 'no money');
    }
    this.effects.set(idempotencyKey, 1);
    if (way === 'answer lost') throw new Error('connection reset');
    if (way === 'ignores') await new Promise(() => undefined);
    return { payment: idempotencyKey };
  }

  get performers(): readonly Performer[] {
    return [
      performer(chargeCard, (data, attempt) => this.answer('charge-card', data.order, attempt)),
      performer(sendMail, (data, attempt) => this.answer('send-mail', data.text, attempt)),
    ];
  }
}

interface Host extends Shop {
  kill(): void;
}

/** A killed host hears nothing any more. */
const never = new Promise<never>(() => undefined);

const hostIn = (store: InMemoryEventStore, readStore: MemoryReadStore, runtime: Runtime, receiver: Receiver): Host => {
  let isDead = false;
  const living = async <Result>(result: Promise<Result>): Promise<Result> => {
    if (isDead) return never;
    const value = await result;
    return isDead ? never : value;
  };
  const executor = new CommandExecutor({ store, runtime });
  const shop = openShop({
    store,
    readStore,
    runtime,
    performers: receiver.performers,
    executor: { execute: (...given: Parameters<CommandExecutor['execute']>) => living(executor.execute(...given)) } as CommandExecutor,
  });
  shop.projector.start();
  return { ...shop, kill: () => ((isDead = true), void shop.projector.stop()) };
};

const ordersIn = async (store: InMemoryEventStore): Promise<ReadonlyMap<string, readonly string[]>> => {
  const found = new Map<string, string[]>();
  for await (const page of store.readAll({ filter: { streamPrefixes: ['order-'] } }))
    for (const { stream, type } of page) found.set(stream, [...(found.get(stream) ?? []), type]);
  return found;
};

const givenUpIn = async (store: InMemoryEventStore, orders: number): Promise<readonly (readonly [key: string, requests: readonly string[]])[]> => {
  const found: [string, string[]][] = [];
  for (let index = 0; index < orders; index++) {
    const { state } = await loadAggregate(store, checkout.aggregate, `o${index}`);
    if (Object.keys(state.givenUp).length > 0) found.push([`o${index}`, Object.keys(state.givenUp)]);
  }
  return found;
};

const openIn = async (store: InMemoryEventStore, orders: number): Promise<number> => {
  let open = 0;
  for (let index = 0; index < orders; index++) {
    const { state } = await loadAggregate(store, checkout.aggregate, `o${index}`);
    open += state.isEnded ? Object.keys({ ...state.effects, ...state.givenUp }).length : 1;
  }
  return open;
};

const history = async (
  seed: number,
): Promise<{ readonly receiver: Receiver; readonly orders: ReadonlyMap<string, readonly string[]>; readonly events: readonly RecordedEvent[] }> => {
  const random = seededRandom(seed);
  const time = new SeededRuntime({ seed });
  const runtime: Runtime = {
    now: () => time.now(),
    monotonic: () => time.monotonic(),
    sleep: (ms, signal) => time.sleep(ms, signal),
    random: () => time.random() / 100,
    uuid: () => time.uuid(),
  };
  const store = new InMemoryEventStore({ runtime });
  const readStore = new MemoryReadStore();
  const receiver = new Receiver(random.fork('receiver'), runtime);
  const hosts = Array.from({ length: HOSTS }, () => hostIn(store, readStore, runtime, receiver));
  const asking = new CommandExecutor({ store, runtime });
  let orders = 0;
  for (let step = 0; step < STEPS; step++) {
    const which = random.int(0, HOSTS - 1);
    const does = random.pick(['place', 'place', 'kill', 'stop', 'wait']);
    if (does === 'place') await time.runUntil(asking.execute(order, `o${orders++}`, new Place('ann@example.org', 1)), { timeoutMs: 60_000 });
    if (does === 'kill') hosts[which]?.kill();
    if (does === 'stop') await time.runUntil(hosts[which]?.projector.stop() ?? never, { timeoutMs: 60_000 });
    if (does === 'kill' || does === 'stop') hosts[which] = hostIn(store, readStore, runtime, receiver);
    await time.advance(random.int(0, 15_000));
  }
  receiver.isHealthy = true;
  for (let round = 0; round < 30 && (await openIn(store, orders)) > 0; round++) {
    await time.advance(CALM_MS);
    for (const [key, requests] of await givenUpIn(store, orders))
      for (const request of requests) await time.runUntil(asking.execute(checkout.aggregate, key, { kind: 'retry', request }), { timeoutMs: 60_000 });
  }
  const callsBefore = receiver.calls.length;
  expect(await openIn(store, orders), 'what is still open').toBe(0);
  await time.advance(CALM_MS);
  expect(receiver.calls.length, 'calls after all outcomes were recorded').toBe(callsBefore);
  for (const host of hosts) await time.runUntil(host.projector.stop(), { timeoutMs: 60_000 });
  const events: RecordedEvent[] = [];
  for await (const page of store.readAll({ filter: { streamPrefixes: ['checkout-'] } })) events.push(...page);
  return { receiver, orders: await ordersIn(store), events };
};

describe(`effects in random histories (PROPERTY_SEED=${SEED})`, () => {
  it.each(SEEDS)('happen once at a receiver that knows their keys, and have one outcome: seed %i', async (seed) => {
    const { receiver, orders, events } = await history(seed);
    for (const [stream, types] of orders) {
      const id = stream.slice('order-'.length);
      expect(types, stream).toHaveLength(2);
      const charges = receiver.calls.filter(({ effect, request }) => effect === 'charge-card' && request === id);
      const keys = new Set(charges.map(({ attempt }) => attempt.idempotencyKey));
      expect(keys.size, `keys of ${stream}`).toBe(1);
      const [key = ''] = keys;
      // Refused for good, or it happened; a receiver that did not answer is not taken for a refusal.
      expect(types[1], stream).toBe(receiver.effects.has(key) ? 'Confirmed' : 'Rejected');
      const mails = receiver.calls.filter(({ effect, request }) => effect === 'send-mail' && request.startsWith(`Order ${id}:`));
      expect(new Set(mails.map(({ attempt }) => attempt.idempotencyKey)).size, `mails of ${stream}`).toBe(1);
    }
    // No attempt belongs to two hosts.
    const attempts = receiver.calls.map(({ attempt }) => `${attempt.idempotencyKey} ${attempt.attempt}`);
    expect(new Set(attempts).size).toBe(attempts.length);
    const outcomes = events.filter(({ type }) => type === 'EffectSucceeded' || type === 'EffectFailed');
    expect(outcomes).toHaveLength(new Set(outcomes.map(({ stream, data }) => `${stream} ${(data as { readonly request: string }).request}`)).size);
    expect(outcomes).toHaveLength(2 * orders.size);
  });
});
