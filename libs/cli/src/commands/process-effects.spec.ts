// Effects on the command line: found, shown, asked for again, discarded.
import { end, EffectRefused, perform, performer } from '@mainstem/process';
import type { storedSource } from '@mainstem/process/operate';
import { MemoryReadStore } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chargeCard, checkout, openShop, order, Place, sendMail, settled, type Shop } from '../../../process/src/checkout.fixtures.js';
import type { CliContext } from './cli-context.js';
import { cancelInstance, discardEffect, retryInstance } from './process-change.js';
import { listInstances } from './process-list.js';
import { showInstance } from './process-show.js';
import { status } from './status.js';

const contextOf = ({ store, readStore }: Shop, printed: string[]): CliContext => {
  store.close = async () => undefined;
  return {
    application: {
      name: 'shop',
      aggregates: [order],
      openEvents: async () => store,
      openEventStore: async () => store,
      openReadModels: async () => ({ projections: [], processes: [{ manager: checkout, store: readStore }], close: async () => undefined }),
    },
    settings: { env: {} },
    terminal: {
      isInteractive: false,
      errorStream: process.stderr,
      print: async (line) => void printed.push(line),
      say: () => undefined,
    },
    signal: new AbortController().signal,
  };
};

const SOURCE: ReturnType<typeof storedSource> = {
  id: '0d3f3a5e-0000-4000-8000-000000000001',
  stream: 'order-o1',
  revision: '0',
  position: '1',
  type: 'Placed',
  recordedAt: '2026-01-01T00:00:00.000Z',
  metadata: {},
  data: { email: 'ann@example.org', amount: 5 },
};
const mail = perform('mail', sendMail, { to: 'ann@example.org', text: 'thank you' });

let isRefused: boolean;
let shop: Shop;
let printed: string[];
let context: CliContext;

beforeEach(() => {
  [isRefused, printed] = [true, []];
  shop = openShop({
    readStore: new MemoryReadStore(),
    performers: [
      performer(chargeCard, async () => ({ payment: 'p' })),
      performer(sendMail, async () => {
        if (isRefused) throw new EffectRefused('NO_SUCH_ADDRESS', 'unknown');
      }),
    ],
  });
  context = contextOf(shop, printed);
  shop.projector.start();
});
afterEach(() => shop.projector.stop());

/** Its mail is given up, and the instance has ended. */
const placed = async (id: string): Promise<void> => {
  await shop.executor.execute(order, id, new Place('ann@example.org', 5));
  await settled(shop);
};
const isNothingStuck = async (): Promise<void> => {
  await settled(shop);
  printed.length = 0;
  await listInstances(context, 'checkout', { state: ['stuck'] });
  expect(printed).toEqual(['checkout: no instance is stuck.']);
};

describe('an effect that was given up', () => {
  it('is found, shown, counted, and asked for again', async () => {
    await placed('o1');
    await listInstances(context, 'checkout', { state: ['stuck'] });
    expect(printed.join('\n')).toMatch(/^stuck +o1 .*mail#3 +NO_SUCH_ADDRESS: unknown/m);
    await showInstance(context, 'checkout', 'o1', {});
    expect(printed.join('\n')).toMatch(/mail#3 +send-mail +outside .*NO_SUCH_ADDRESS: unknown/);
    await status(context, { now: Date.now });
    expect(printed.join('\n')).toContain('checkout-effects');
    printed.length = 0;
    await status(context, { now: Date.now, json: true });
    const statuses = JSON.parse(printed.join('\n')) as readonly { readonly projection: string; readonly figures?: object }[];
    const figures = statuses.flatMap(({ projection, figures: found }) => (found ? [[projection, found]] : []));
    expect(Object.fromEntries(figures)).toEqual({
      'checkout-instances': { stuck: 1 },
      'checkout-deadlines': { overdue: 0 },
      'checkout-effects': { 'given-up': 1 },
    });
    isRefused = false;
    printed.length = 0;
    await retryInstance(context, 'checkout', 'o1');
    expect(printed).toEqual(['checkout o1: 1 effect asked for again; a host of the process does the rest.']);
    await isNothingStuck();
  });

  it('is asked for again by its name alone', async () => {
    await placed('o1');
    await expect(retryInstance(context, 'checkout', 'o1', { request: 'mail#4' })).rejects.toThrow('mail#4 is neither stuck nor given up');
    isRefused = false;
    expect(await retryInstance(context, 'checkout', 'o1', { request: 'mail#3' })).toBe(0);
    await isNothingStuck();
  });

  it('is discarded for a reason, and nothing else', async () => {
    await placed('the order of Ann');
    const given = { name: 'checkout', key: 'the order of Ann', request: 'mail#3' };
    await expect(discardEffect(context, given, { reason: ' ' })).rejects.toMatchObject({ argument: '--reason' });
    const wrong = discardEffect(context, { ...given, request: 'charge#1' }, { reason: 'told by telephone' });
    await expect(wrong).rejects.toMatchObject({ code: 'CLI_INSTANCE_NOT_READY' });
    await expect(wrong).rejects.toThrow(
      "charge#1 is no effect that waits for an attempt or was given up. mainstem process show checkout 'the order of Ann' tells",
    );
    expect(await discardEffect(context, given, { reason: 'told by telephone' })).toBe(0);
    expect(printed).toEqual(['checkout the order of Ann: mail#3 discarded. If an attempt has taken effect, that is not undone.']);
    await isNothingStuck();
    await expect(discardEffect(context, given, { reason: 'once more' })).rejects.toMatchObject({ code: 'CLI_INSTANCE_NOT_READY' });
  });

  it('is discarded with its instance, although that has ended', async () => {
    await placed('o1');
    expect(await cancelInstance(context, 'checkout', 'o1', { reason: 'a test', yes: true })).toBe(0);
    await isNothingStuck();
  });
});

it('an effect that waits is discarded when people cancel an instance that has ended', async () => {
  await shop.projector.stop();
  await shop.executor.execute(checkout.aggregate, 'o1', { kind: 'take-in', source: SOURCE, actions: [mail, end()] });
  expect(await cancelInstance(context, 'checkout', 'o1', { reason: 'a test', yes: true })).toBe(0);
  await showInstance(context, 'checkout', 'o1', {});
  expect(printed.join('\n')).toMatch(/EffectDiscarded +mail#1/);
  await expect(cancelInstance(context, 'checkout', 'o1', { reason: 'a test', yes: true })).rejects.toThrow('it has ended');
});
