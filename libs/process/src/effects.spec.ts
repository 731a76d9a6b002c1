// Effects outside: performed at least once with one key, recorded once, given up for people when nothing else helps.
import { CommandExecutor, loadAggregate } from '@mainstem/aggregate';
import { InMemoryEventStore, systemRuntime, type EventStore, type Position, type Runtime } from '@mainstem/event-store';
import { Projector } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { afterEach, describe, expect, it } from 'vitest';
import { chargeCard, checkout, openShop, order, orderEvents, Place, sendMail, settled, type Shop, type ShopOptions } from './checkout.fixtures.js';
import {
  effect,
  EffectRefused,
  EffectRunner,
  hostProcess,
  hostReactor,
  hostReactorWithEffects,
  InvalidProcess,
  perform,
  performer,
  processManager,
  reactor,
  type Attempt,
  type Effect,
  type Instance,
  type Outcomes,
  type Performer,
} from './index.js';
import { instancesIn, loadInstance } from './operate.js';

const TIMEOUT = { timeoutMs: 4_000 };
const projectors: Projector[] = [];
afterEach(async () => {
  await Promise.all(projectors.splice(0).map((projector) => projector.stop()));
});

/** A clock that the test moves; back-off takes no time, and looks, half a second apart, follow fast. */
class Clock {
  passedMs = 0;
  readonly runtime: Runtime = {
    ...systemRuntime,
    now: () => systemRuntime.now() + this.passedMs,
    monotonic: () => systemRuntime.monotonic() + this.passedMs,
    random: () => 0,
    sleep: (ms, signal) => systemRuntime.sleep(ms > 500 ? ms : ms / 30, signal),
  };
}

type Answer = (data: object, attempt: Attempt, call: number) => unknown;
/** What receivers got, and the performers that reach them. */
class Receivers {
  readonly calls: { readonly effect: string; readonly data: object; readonly attempt: Attempt }[] = [];
  readonly performers: readonly Performer[];

  constructor(answers: { readonly charge?: Answer; readonly mail?: Answer } = {}) {
    const { charge = () => ({ payment: 'p1' }), mail = () => undefined } = answers;
    this.performers = [
      performer(chargeCard, async (data, attempt) => this.#call('charge-card', data, attempt, charge) as Promise<{ payment: string }>),
      performer(sendMail, async (data, attempt) => this.#call('send-mail', data, attempt, mail)),
    ];
  }

  of(name: string): readonly Attempt[] {
    return this.calls.filter(({ effect: called }) => called === name).map(({ attempt }) => attempt);
  }

  async #call(name: string, data: object, attempt: Attempt, answer: Answer): Promise<unknown> {
    this.calls.push({ effect: name, data, attempt });
    return answer(data, attempt, this.of(name).length);
  }
}

const opened = (options: Partial<ShopOptions> = {}): Shop =>
  openShop({ readStore: new MemoryReadStore(), performers: new Receivers().performers, runtime: new Clock().runtime, ...options });
const start = (options: Partial<ShopOptions> = {}): Shop => {
  const shop = opened(options);
  projectors.push(shop.projector);
  shop.projector.start();
  return shop;
};
const place = ({ executor }: Pick<Shop, 'executor'>, id: string): Promise<unknown> =>
  executor.execute(order, id, new Place('ann@example.org', 5), { commandId: `place-${id}`, correlationId: `talk-${id}`, metadata: { actor: 'ann' } });

const stuckIn = async ({ readStore }: Shop): Promise<readonly Instance[]> => {
  const found: Instance[] = [];
  for await (const one of instancesIn({ process: 'checkout', store: readStore }, { states: ['stuck'] })) found.push(one);
  return found;
};
const typesIn = async ({ store }: { readonly store: EventStore }, stream: string): Promise<readonly string[]> => {
  const types: string[] = [];
  for await (const page of store.readStream(stream as never)) types.push(...page.map(({ type }) => type));
  return types;
};
const instance = async ({ store }: Pick<Shop, 'store'>, key: string) => (await loadAggregate(store, checkout.aggregate, key)).state;

const MAIL = { to: 'ann@example.org', text: 'hello' };
/** Sends a mail for each order. */
const mailing = (name: string, outcomes: Outcomes<null> = {}, performs: readonly Effect[] = [sendMail]) =>
  processManager({
    name,
    version: 1,
    events: [orderEvents],
    startsAt: 'first-event',
    key: ({ stream }) => stream.slice('order-'.length),
    initialState: null,
    performs,
    react: { Placed: () => [perform('mail', sendMail, MAIL)] },
    outcomes: { mail: outcomes },
  });

describe('an effect of a process manager', () => {
  it('is performed, and its result is told to the rules of its step', async () => {
    const receivers = new Receivers();
    const shop = start({ performers: receivers.performers });
    await place(shop, 'o1');
    await settled(shop);
    expect(receivers.calls.map(({ data }) => data)).toEqual([
      { order: 'o1', amount: 5 },
      { to: 'ann@example.org', text: 'Order o1: thank you' },
    ]);
    expect(receivers.calls[0]?.attempt).toMatchObject({ attempt: 1, correlationId: 'talk-o1' });
    expect(receivers.calls[0]?.data).toBeInstanceOf(chargeCard.data);
    expect(await typesIn(shop, 'order-o1')).toEqual(['Placed', 'Confirmed']);
    expect((await typesIn(shop, 'checkout-o1')).slice(0, 4)).toEqual(['EventTakenIn', 'EffectRequested', 'EffectAttempted', 'EffectSucceeded']);
    expect(await instance(shop, 'o1')).toMatchObject({ state: { payment: 'p1' }, effects: {}, givenUp: {} });
  });

  it('is performed again after a failure, with the same key', async () => {
    const receivers = new Receivers({
      charge: (_, __, call) => {
        if (call < 4) throw new Error('connection reset');
        return { payment: 'p2' };
      },
    });
    const shop = start({ performers: receivers.performers });
    await place(shop, 'o1');
    await settled(shop);
    const attempts = receivers.of('charge-card');
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(new Set(attempts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(receivers.of('send-mail')[0]?.idempotencyKey).not.toBe(attempts[0]?.idempotencyKey);
    expect(await typesIn(shop, 'order-o1')).toEqual(['Placed', 'Confirmed']);
  });

  it('that its receiver refuses is told to the rules at once', async () => {
    const receivers = new Receivers({
      charge: () => {
        throw new EffectRefused('CARD_DECLINED', 'no money');
      },
    });
    const shop = start({ performers: receivers.performers });
    await place(shop, 'o1');
    await settled(shop);
    expect(receivers.of('charge-card')).toHaveLength(1);
    expect(await typesIn(shop, 'order-o1')).toEqual(['Placed', 'Rejected']);
    expect(shop.runner.troubles()).toEqual([]);
  });

  it('without a rule for its failure is given up after the last attempt, and asked for again by people', async () => {
    let isBroken = true;
    const receivers = new Receivers({
      mail: () => {
        if (isBroken) throw Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' });
      },
    });
    const clock = new Clock();
    const shop = start({ performers: receivers.performers, runtime: clock.runtime });
    await place(shop, 'o1');
    for (let pause = 0; pause < 20; pause++) {
      await settled(shop);
      clock.passedMs += sendMail.policy.circuitPauseMs;
    }
    expect(receivers.of('send-mail')).toHaveLength(sendMail.policy.attemptsMax);
    expect((await instance(shop, 'o1')).givenUp).toMatchObject({ 'mail#3': { code: 'EHOSTUNREACH', message: 'no route', attempt: 12 } });
    const status = shop.projector.status().find(({ projection }) => projection === 'checkout-effects');
    expect(status?.figures).toEqual({ 'given-up': 1, 'under-way': 0, 'open-circuits': 1 });
    expect(await loadInstance(shop.store, checkout, 'o1')).toMatchObject({
      state: 'stuck',
      requests: [],
      stuck: [{ request: 'mail#3', target: 'outside', command: 'send-mail', code: 'EHOSTUNREACH' }],
    });
    expect((await stuckIn(shop)).map(({ key, stuck, reason }) => [key, stuck, reason])).toEqual([['o1', 'mail#3', 'EHOSTUNREACH: no route']]);
    isBroken = false;
    await shop.executor.execute(checkout.aggregate, 'o1', { kind: 'retry', request: 'mail#3' });
    await settled(shop);
    const attempts = receivers.of('send-mail');
    expect(attempts.at(-1)?.attempt).toBe(13);
    expect(new Set(attempts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(await instance(shop, 'o1')).toMatchObject({ effects: {}, givenUp: {} });
    expect(shop.runner.figures()).toEqual({ 'given-up': 0, 'under-way': 0, 'open-circuits': 0 });
    expect(await stuckIn(shop)).toEqual([]);
  });

  it('that was given up or waits is not performed any more after people discard it', async () => {
    const receivers = new Receivers({
      mail: (_, __, call) => {
        if (call === 1) throw new EffectRefused('NO_SUCH_ADDRESS', 'unknown');
      },
    });
    const shop = start({ performers: receivers.performers });
    await place(shop, 'o1');
    await settled(shop);
    await shop.executor.execute(checkout.aggregate, 'o1', { kind: 'discard', request: 'mail#3', reason: 'a typing error' });
    await settled(shop);
    expect(receivers.of('send-mail')).toHaveLength(1);
    expect(await instance(shop, 'o1')).toMatchObject({ effects: {}, givenUp: {} });
    expect(await stuckIn(shop)).toEqual([]);
    expect(await shop.readStore.scan('checkout-effects', 1, 'checkout-effects', { limit: 10 })).toEqual([]);
    const again = shop.executor.execute(checkout.aggregate, 'o1', { kind: 'discard', request: 'mail#3', reason: 'twice' });
    await expect(again).rejects.toMatchObject({ code: 'PROCESS_REFUSED' });
    const retried = shop.executor.execute(checkout.aggregate, 'o1', { kind: 'retry', request: 'mail#3' });
    await expect(retried).rejects.toMatchObject({ code: 'PROCESS_REFUSED' });
  });

  it('that waits is discarded when people cancel the instance', async () => {
    const receivers = new Receivers();
    const shop = opened({ performers: receivers.performers });
    await place(shop, 'o1');
    const inbox = new Projector({ reader: shop.store, projections: shop.hosted.slice(0, 1) });
    inbox.start();
    await inbox.waitFor('checkout', (await shop.store.head()) as Position, TIMEOUT);
    await inbox.stop();
    await shop.executor.execute(checkout.aggregate, 'o1', { kind: 'cancel', reason: 'a test' });
    projectors.push(shop.projector);
    shop.projector.start();
    await settled(shop);
    expect(receivers.calls).toEqual([]);
    expect(await typesIn(shop, 'checkout-o1')).toEqual(['EventTakenIn', 'EffectRequested', 'EffectDiscarded', 'ProcessEnded']);
  });

  it('is not performed again when its outcome is recorded and all checkpoints are lost', async () => {
    const receivers = new Receivers();
    const shop = start({ performers: receivers.performers });
    for (let index = 0; index < 20; index++) await place(shop, `o${index}`);
    await settled(shop);
    await shop.projector.stop();
    expect(receivers.calls).toHaveLength(40);
    const before = await shop.store.head();
    const again = start({ performers: receivers.performers, store: shop.store });
    await settled(again);
    expect(receivers.calls).toHaveLength(40);
    expect(await shop.store.head()).toBe(before);
  });

  it('whose attempt ignores its signal is attempted again after its time, and its late end is ignored', async () => {
    let lateEnd: (receipt: unknown) => void = () => undefined;
    const receivers = new Receivers({
      charge: (_, __, call) => (call === 1 ? new Promise((resolve) => (lateEnd = resolve)) : { payment: 'second' }),
    });
    const clock = new Clock();
    // Its timer fires at once.
    const runtime = { ...clock.runtime, sleep: (ms: number, signal?: AbortSignal) => clock.runtime.sleep(ms === 30_000 ? 0 : ms, signal) };
    const shop = start({ performers: receivers.performers, runtime });
    await place(shop, 'o1');
    await settled(shop);
    expect(receivers.of('charge-card').map(({ signal }) => signal.aborted)).toEqual([true, false]);
    lateEnd({ payment: 'first' });
    await settled(shop);
    expect((await instance(shop, 'o1')).state).toMatchObject({ payment: 'second' });
    expect((await typesIn(shop, 'checkout-o1')).filter((type) => type === 'EffectSucceeded')).toHaveLength(2);
  });

  it('is attempted once at a time by two hosts that both believe to be the only one', async () => {
    const store = new InMemoryEventStore();
    const receivers = new Receivers();
    const shops = [start({ store, performers: receivers.performers }), start({ store, performers: receivers.performers })] as const;
    for (let index = 0; index < 60; index++) await place(shops[0], `o${index}`);
    for (const shop of [...shops, ...shops]) await settled(shop);
    expect(receivers.of('charge-card')).toHaveLength(60);
    expect(receivers.of('send-mail')).toHaveLength(60);
  });

  it('is begun by one of two hosts that find it due at the same moment', async () => {
    const receivers = new Receivers();
    const shop = opened();
    const aside = new Projector({ reader: shop.store, projections: shop.hosted.map(({ companion: _, ...hosted }) => hosted) });
    projectors.push(aside);
    aside.start();
    await place(shop, 'o1');
    for (const name of ['checkout', 'checkout-effects']) await aside.waitFor(name, (await shop.store.head()) as Position, TIMEOUT);
    let loading = 0;
    const bothHaveLoaded = Promise.withResolvers<void>();
    const reader = {
      readStream: async function* (...given: Parameters<EventStore['readStream']>) {
        yield* shop.store.readStream(...given);
        if (++loading === 2) bothHaveLoaded.resolve();
        await bothHaveLoaded.promise;
      },
    };
    const runners = [1, 2].map(() => {
      const executor = new CommandExecutor({ store: shop.store });
      return new EffectRunner({ manager: checkout, executor, reader, store: shop.readStore, performers: receivers.performers });
    });
    for (const runner of runners) await runner.look();
    for (const runner of runners) await runner.idle();
    expect(loading).toBe(2);
    expect(receivers.of('charge-card').map(({ attempt }) => attempt)).toEqual([1]);
    expect(runners.flatMap((runner) => runner.troubles())).toEqual([]);
  });

  it('goes on at another host after the time of a lost attempt, and not before', async () => {
    const clock = new Clock();
    const store = new InMemoryEventStore();
    const hangs = new Receivers({ charge: () => new Promise(() => undefined) });
    const lost = opened({ store, performers: hangs.performers, runtime: clock.runtime });
    const aside = new Projector({ reader: store, projections: lost.hosted.map(({ companion: _, ...hosted }) => hosted) });
    aside.start();
    projectors.push(aside);
    await place(lost, 'o1');
    for (const name of ['checkout', 'checkout-effects', 'checkout-effects']) await aside.waitFor(name, (await store.head()) as Position, TIMEOUT);
    await lost.runner.look();
    await expect.poll(() => hangs.calls.length).toBe(1);
    // It is as good as killed from here on: nothing of it comes to an end.
    const receivers = new Receivers();
    const shop = start({ store, performers: receivers.performers, runtime: clock.runtime });
    await settled(shop);
    expect(receivers.calls).toEqual([]);
    clock.passedMs += chargeCard.policy.timeoutMs + 10_000;
    await settled(shop);
    expect(receivers.of('charge-card')[0]).toMatchObject({ attempt: 2, idempotencyKey: hangs.of('charge-card')[0]?.idempotencyKey });
    expect(await typesIn(shop, 'order-o1')).toEqual(['Placed', 'Confirmed']);
    await lost.runner.stop();
  });

  it('is interrupted when its host stops, which costs no attempt', async () => {
    const signals: AbortSignal[] = [];
    const hangs = new Receivers({ charge: (_, { signal }) => (signals.push(signal), new Promise(() => undefined)) });
    const shop = start({ performers: hangs.performers });
    await place(shop, 'o1');
    await expect.poll(() => signals.length).toBe(1);
    await shop.projector.stop();
    expect(signals[0]?.aborted).toBe(true);
    expect(await typesIn(shop, 'checkout-o1')).toEqual(['EventTakenIn', 'EffectRequested', 'EffectAttempted', 'EffectInterrupted']);
    expect((await instance(shop, 'o1')).effects).toMatchObject({ 'charge#1': { attempt: 1, spent: 0 } });
    const again = start({ store: shop.store });
    await settled(again);
    expect(await typesIn(again, 'order-o1')).toEqual(['Placed', 'Confirmed']);
  });

  it('whose success comes after its failure was told is given up for people', async () => {
    const shop = opened();
    const { aggregate } = checkout;
    const at = '2026-01-01T00:00:00.000Z';
    await place(shop, 'o1');
    const inbox = new Projector({ reader: shop.store, projections: shop.hosted.slice(0, 1) });
    inbox.start();
    await inbox.waitFor('checkout', (await shop.store.head()) as Position, TIMEOUT);
    await inbox.stop();
    const request = 'charge#1';
    await shop.executor.execute(aggregate, 'o1', { kind: 'attempt', request, attempt: 1, at });
    await shop.executor.execute(aggregate, 'o1', { kind: 'fail', request, attempt: 1, code: 'X', message: 'x', at, isFinal: true });
    await shop.executor.execute(aggregate, 'o1', { kind: 'succeed', request, result: { payment: 'late' } });
    expect((await instance(shop, 'o1')).givenUp).toMatchObject({ [request]: { code: 'PROCESS_LATE_EFFECT' } });
    await shop.executor.execute(aggregate, 'o1', { kind: 'discard', request, reason: 'refunded' });
    expect((await instance(shop, 'o1')).givenUp).toEqual({});
  });

  it('whose result cannot be kept is given up, and no rule takes it for a failure', async () => {
    const receivers = new Receivers({ charge: () => ({ payment: 7n }) });
    const shop = start({ performers: receivers.performers });
    await place(shop, 'o1');
    await settled(shop);
    expect(await typesIn(shop, 'order-o1')).toEqual(['Placed']);
    expect((await instance(shop, 'o1')).givenUp).toMatchObject({ 'charge#1': { code: 'PROCESS_INVALID_EFFECT' } });
    expect(receivers.calls).toHaveLength(1);
  });

  it('whose rule throws is given up with the reason, and not performed again', async () => {
    const manager = mailing('odd', {
      succeeded: {
        react: () => {
          throw new TypeError('a fault of the program');
        },
      },
    });
    const receivers = new Receivers();
    const shop = start({ manager, performers: receivers.performers.slice(1) });
    await place(shop, 'o1');
    await settled(shop);
    expect(receivers.calls).toHaveLength(1);
    const { state } = await loadAggregate(shop.store, manager.aggregate, 'o1');
    expect(state.givenUp).toMatchObject({ 'mail#1': { code: 'TypeError', message: 'a fault of the program' } });
  });

  it('that happens late is told to the rule for that', async () => {
    const late: unknown[] = [];
    const manager = mailing('late', { failed: {}, succeededLate: { react: (_, outcome) => (late.push(outcome), []) } });
    const shop = opened({ manager, performers: new Receivers().performers.slice(1) });
    const at = '2026-01-01T00:00:00.000Z';
    await place(shop, 'o1');
    const inbox = new Projector({ reader: shop.store, projections: shop.hosted.slice(0, 1) });
    inbox.start();
    await inbox.waitFor('late', (await shop.store.head()) as Position, TIMEOUT);
    await inbox.stop();
    const request = 'mail#1';
    await shop.executor.execute(manager.aggregate, 'o1', { kind: 'attempt', request, attempt: 1, at });
    await shop.executor.execute(manager.aggregate, 'o1', { kind: 'fail', request, attempt: 1, code: 'X', message: 'x', at, isFinal: true });
    await shop.executor.execute(manager.aggregate, 'o1', { kind: 'succeed', request });
    expect(late).toEqual([{ step: 'mail', effect: 'send-mail', result: undefined }]);
    expect(await typesIn(shop, 'late-o1')).toEqual(['EventTakenIn', 'EffectRequested', 'EffectAttempted', 'EffectFailed', 'EffectSucceededLate']);
  });
});

describe('a receiver', () => {
  it('that fails opens its circuit: no attempt is used up, health says so, and one attempt at a time shows when it is back', async () => {
    let isBroken = true;
    const receivers = new Receivers({
      charge: () => {
        if (isBroken) throw new Error('503');
        return { payment: 'p' };
      },
    });
    const clock = new Clock();
    const startedAt = systemRuntime.now();
    // Each attempt is due again in the millisecond of the one before.
    const shop = start({ performers: receivers.performers, runtime: { ...clock.runtime, now: () => startedAt + clock.passedMs } });
    await place(shop, 'o0');
    await settled(shop);
    expect(receivers.calls).toHaveLength(chargeCard.policy.circuitFailuresMax);
    expect(shop.projector.troubles()).toEqual(['the circuit of effect charge-card of checkout is open: 5 attempts in a row have failed']);
    for (let index = 1; index < 10; index++) await place(shop, `o${index}`);
    await settled(shop);
    expect(receivers.calls).toHaveLength(5);
    clock.passedMs += chargeCard.policy.circuitPauseMs;
    await settled(shop);
    expect(receivers.calls).toHaveLength(6);
    isBroken = false;
    clock.passedMs += chargeCard.policy.circuitPauseMs;
    await settled(shop);
    expect(receivers.of('charge-card')).toHaveLength(6 + 10);
    expect(shop.runner.troubles()).toEqual([]);
    expect(receivers.of('send-mail')).toHaveLength(10);
  });

  it('that refuses does not open its circuit', async () => {
    const receivers = new Receivers({
      charge: () => {
        throw new EffectRefused('CARD_DECLINED', 'no money');
      },
    });
    const shop = start({ performers: receivers.performers });
    for (let index = 0; index < 20; index++) await place(shop, `o${index}`);
    await settled(shop);
    expect(receivers.of('charge-card')).toHaveLength(20);
    expect(shop.projector.troubles()).toEqual([]);
  });

  it('that hangs holds up neither other effects nor the checkpoints, and gets a bounded number of attempts at a time', async () => {
    const receivers = new Receivers({ mail: () => new Promise(() => undefined) });
    const shop = start({ performers: receivers.performers });
    for (let index = 0; index < 40; index++) await place(shop, `o${index}`);
    await expect
      .poll(async () => (await Promise.all([...Array(40).keys()].map(async (index) => typesIn(shop, `order-o${index}`)))).flat().length)
      .toBe(80);
    expect(receivers.of('charge-card')).toHaveLength(40);
    await expect.poll(() => receivers.of('send-mail').length).toBe(sendMail.policy.atOnceMax);
    for (const { projection } of shop.hosted) await shop.projector.waitFor(projection.name, (await shop.store.head()) as Position, TIMEOUT);
  });
});

describe('an effect of a reactor', () => {
  const greeting = (react = () => [perform('mail', sendMail, { to: 'ann@example.org', text: 'hello' })]) =>
    reactor({ name: 'greeting', events: [orderEvents], startsAt: 'first-event', performs: [sendMail], react: { Placed: react } });
  const hosting = (receivers: Receivers, store: EventStore = new InMemoryEventStore(), definition = greeting()) => {
    const { readStore } = opened({ store });
    const executor = new CommandExecutor({ store });
    const effects = { reader: store, performers: receivers.performers.slice(1) };
    const recovery = { onFailure: 'park' as const, attemptsMax: 1 };
    const hosted = hostReactorWithEffects(definition, { executor, store: readStore, effects, recovery, runtime: new Clock().runtime });
    const projector = new Projector({ reader: store, projections: hosted });
    projectors.push(projector);
    projector.start();
    return { store, executor, readStore, projector, hosted, runner: hosted[1]?.companion as EffectRunner };
  };

  it('is performed once an event, also when all checkpoints are lost', async () => {
    const receivers = new Receivers({
      mail: (_, __, call) => {
        if (call === 1) throw new Error('once');
      },
    });
    const one = hosting(receivers);
    await place(one, 'o1');
    await settled(one);
    await one.projector.stop();
    await settled(hosting(receivers, one.store));
    expect(receivers.of('send-mail').map(({ attempt, correlationId }) => [attempt, correlationId])).toEqual([
      [1, 'talk-o1'],
      [2, 'talk-o1'],
    ]);
  });

  it('that its receiver refuses is given up, in a stream of the event', async () => {
    const receivers = new Receivers({
      mail: () => {
        throw new EffectRefused('NO_SUCH_ADDRESS', 'unknown');
      },
    });
    const one = hosting(receivers);
    await place(one, 'o1');
    await settled(one);
    const [[, document] = []] = await one.readStore.scan('greeting-effects', 1, 'greeting-effects', { limit: 2 });
    const { key } = document as { readonly key: string };
    expect(document).toMatchObject({ process: 'greeting', effect: 'send-mail', request: 'mail#1', code: 'NO_SUCH_ADDRESS' });
    expect(await typesIn(one, `greeting-${key}`)).toEqual(['EventTakenIn', 'EffectRequested', 'ProcessEnded', 'EffectAttempted', 'EffectGivenUp']);
  });

  it.each([
    ['a deadline', () => [{ kind: 'deadline' }], 'deadlines need a process manager'],
    ['one step twice', () => [perform('a', sendMail, MAIL), perform('a', sendMail, MAIL)], 'asks twice for step a'],
    ['data that breaks a rule', () => [perform('a', sendMail, { to: 'nowhere', text: '' })], 'to: to must be an email'],
    ['an effect that it does not name', () => [perform('a', chargeCard, { order: 'o', amount: 1 })], 'performs does not name it'],
  ])('with %s fails the event with its reason, and records nothing', async (_, react, words) => {
    const one = hosting(new Receivers(), new InMemoryEventStore(), greeting(react as never));
    await place(one, 'o1');
    await settled(one);
    expect((await one.readStore.parked('greeting', 1))[0]?.error).toContain(words);
  });
});

describe('a declaration of effects', () => {
  const { executor, store, readStore } = opened();
  it.each([
    [
      'a reactor with effects that is hosted without them',
      () =>
        hostReactor(reactor({ name: 'r', events: [orderEvents], startsAt: 'now', performs: [sendMail], react: { Placed: () => [] } }), {
          executor: new CommandExecutor({ store }),
          store: readStore,
        }),
      'hostReactorWithEffects',
    ],
    ['an effect without a name', () => effect({ name: 'Send!', data: sendMail.data }), 'lower-case'],
    ['data that is no class', () => effect({ name: 'send', data: {} as never }), 'data of an effect must be a class'],
    ['a policy out of bounds', () => effect({ name: 'send', data: sendMail.data, attemptsMax: 0 }), 'attemptsMax must be a whole number from 1'],
    ['two effects of one name', () => mailing('two', {}, [sendMail, effect({ name: 'send-mail', data: chargeCard.data })]), 'two effects send-mail'],
    ['an effect without a performer', () => hostProcess(checkout, { executor, store: readStore }), 'exactly one performer of charge-card'],
    [
      'an effect with two performers',
      () =>
        hostProcess(checkout, {
          executor,
          store: readStore,
          effects: { reader: store, performers: [...new Receivers().performers, ...new Receivers().performers] },
        }),
      'exactly one performer',
    ],
  ])('with %s is refused', (_, declare, words) => {
    expect(declare).toThrow(InvalidProcess);
    expect(declare).toThrow(words);
  });

  it('that was removed while a request waits is told to the health check', async () => {
    const clock = new Clock();
    const first = start({ performers: new Receivers({ charge: () => new Promise(() => undefined) }).performers, runtime: clock.runtime });
    await place(first, 'o1');
    await expect.poll(() => typesIn(first, 'checkout-o1')).toContain('EffectAttempted');
    await first.projector.stop();
    const without = mailing('checkout');
    const second = start({ store: first.store, manager: without, performers: new Receivers().performers.slice(1), runtime: clock.runtime });
    await settled(second);
    expect(second.runner.troubles()).toEqual(['the effect charge-card of checkout was asked for, and performs does not name it any more']);
  });
});
