// Effects outside keep what waits for an attempt in any read store, and what is true in the event store.
import { CommandExecutor, loadAggregate } from '@mainstem/aggregate';
import { InMemoryEventStore, systemRuntime, type Position } from '@mainstem/event-store';
import { Deadline, EffectRefused, Instance, PendingEffect, performer, type Performer } from '@mainstem/process';
import type { ReadStore } from '@mainstem/projection';
import { servingOf, type ScanEntry } from '@mainstem/projection/operate';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { chargeCard, checkout, openShop, order, Place, sendMail, settled, type Shop } from '../../libs/process/src/checkout.fixtures.js';
import { placesWith } from './process-places.js';

const TIMEOUT = { timeoutMs: 60_000 };
const ORDERS = 30;

@Entity('checkout_deadlines')
class CheckoutDeadline extends Deadline {
  @PrimaryColumn('text') declare id: string;
  @Column('text') declare process: string;
  @Column('text') declare key: string;
  @Column('text') declare name: string;
  @Column('text') declare deadline: string;
  @Column('text') declare at: string;
}

@Entity('checkout_instances')
class CheckoutInstance extends Instance {
  @PrimaryColumn('text') declare id: string;
  @Column('text') declare process: string;
  @Column('text') declare key: string;
  @Column('text') declare state: Instance['state'];
  @Column('text') declare since: string;
  @Column('text') declare stuck: string;
  @Column('text') declare reason: string;
}

/** As an application with SQL declares it. */
@Entity('checkout_effects')
class CheckoutEffect extends PendingEffect {
  @PrimaryColumn('text') declare id: string;
  @Column('text') declare process: string;
  @Column('text') declare key: string;
  @Column('text') declare effect: string;
  @Column('text') declare request: string;
  @Column('text') declare at: string;
  @Column('text') declare code: string;
}

const stores = await placesWith([CheckoutDeadline, CheckoutInstance, CheckoutEffect]);

/** Back-off takes no time. */
const runtime = { ...systemRuntime, random: () => 0 };

const pendingIn = async (readStore: ReadStore): Promise<readonly ScanEntry[]> => {
  const serving = servingOf(await readStore.generations('checkout-effects'));
  return serving ? readStore.scan('checkout-effects', serving.number, 'checkout-effects', { limit: 100 }) : [];
};

describe.each(stores)('on %s', (_, make) => {
  it('effects are performed with one key until they succeed or are given up, over restarts and lost read models', async () => {
    const place = await make();
    let readStore = await place.open();
    const store = new InMemoryEventStore({ runtime });
    const executor = new CommandExecutor({ store, runtime });
    const calls: string[] = [];
    let isMailed = false;
    const performers: readonly Performer[] = [
      performer(chargeCard, async ({ order: id }, { idempotencyKey, attempt }) => {
        calls.push(`${id} ${idempotencyKey}`);
        if (Number(id) % 15 === 0 && attempt < 3) throw new Error('503');
        return { payment: idempotencyKey };
      }),
      performer(sendMail, async ({ text }) => {
        if (!isMailed && text.includes('Order 7:')) throw new EffectRefused('NO_SUCH_ADDRESS', 'unknown');
      }),
    ];
    const open = (): Shop =>
      openShop({ store, readStore, runtime, performers, deadline: CheckoutDeadline, instance: CheckoutInstance, document: CheckoutEffect });
    try {
      for (let index = 0; index < ORDERS; index++) await executor.execute(order, String(index), new Place('ann@example.org', 5));
      const first = open();
      first.projector.start();
      await first.projector.waitFor('checkout-effects', (await store.head()) as Position, TIMEOUT);
      await first.projector.stop();
      await readStore.close();
      readStore = await place.open();
      const second = open();
      second.projector.start();
      await settled(second);
      const keysOf = (id: number): ReadonlySet<string> => new Set(calls.filter((call) => call.startsWith(`${id} `)));
      for (let id = 0; id < ORDERS; id++) expect(keysOf(id).size, `keys of ${id}`).toBe(1);
      for (let id = 0; id < ORDERS; id++) expect((await loadAggregate(store, order, String(id))).state, `order ${id}`).toBe('Confirmed');
      expect(await pendingIn(readStore)).toMatchObject([
        [expect.stringContaining('given-up send-mail '), { key: '7', request: 'mail#3', code: 'NO_SUCH_ADDRESS' }],
      ]);
      expect(second.runner.figures()).toMatchObject({ 'given-up': 1 });
      await second.projector.stop();

      const before = [await store.head(), calls.length];
      await readStore.forget('checkout-effects');
      const third = open();
      third.projector.start();
      await settled(third);
      expect([await store.head(), calls.length]).toEqual(before);

      isMailed = true;
      await executor.execute(checkout.aggregate, '7', { kind: 'retry' });
      await settled(third);
      expect((await loadAggregate(store, checkout.aggregate, '7')).state).toMatchObject({ effects: {}, givenUp: {} });
      expect(await pendingIn(readStore)).toEqual([]);
      await third.projector.stop();
    } finally {
      await readStore.close();
      await place.remove();
    }
  });
});
