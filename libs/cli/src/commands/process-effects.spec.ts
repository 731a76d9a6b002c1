// Effects that were given up, on the command line: found, shown, and asked for again.
import { EffectRefused, performer } from '@mainstem/process';
import { MemoryReadStore } from '@mainstem/testing';
import { expect, it } from 'vitest';
import { chargeCard, checkout, openShop, order, Place, sendMail, settled, type Shop } from '../../../process/src/checkout.fixtures.js';
import type { CliContext } from './cli-context.js';
import { retryInstance } from './process-change.js';
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

it('an effect that was given up is found, shown, and asked for again', async () => {
  let isRefused = true;
  const shop = openShop({
    readStore: new MemoryReadStore(),
    performers: [
      performer(chargeCard, async () => ({ payment: 'p' })),
      performer(sendMail, async () => {
        if (isRefused) throw new EffectRefused('NO_SUCH_ADDRESS', 'unknown');
      }),
    ],
  });
  const printed: string[] = [];
  const context = contextOf(shop, printed);
  shop.projector.start();
  try {
    await shop.executor.execute(order, 'o1', new Place('ann@example.org', 5));
    await settled(shop);
    await listInstances(context, 'checkout', { state: ['stuck'] });
    expect(printed.join('\n')).toMatch(/^stuck +o1 .*mail#3 +NO_SUCH_ADDRESS: unknown/m);
    await showInstance(context, 'checkout', 'o1', {});
    expect(printed.join('\n')).toMatch(/mail#3 +send-mail +outside .*NO_SUCH_ADDRESS: unknown/);
    await status(context, { now: Date.now });
    expect(printed.join('\n')).toContain('checkout-effects');
    isRefused = false;
    await retryInstance(context, 'checkout', 'o1');
    await settled(shop);
    printed.length = 0;
    await listInstances(context, 'checkout', { state: ['stuck'] });
    expect(printed).toEqual(['checkout: no instance is stuck.']);
  } finally {
    await shop.projector.stop();
  }
});
