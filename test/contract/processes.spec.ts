// Process managers and reactors keep what they need in any read store: checkpoints, parked events, pending deadlines.
import { CommandExecutor, loadAggregate } from '@mainstem/aggregate';
import { InMemoryEventStore, systemRuntime, type EventStore, type Position } from '@mainstem/event-store';
import { Deadline, Instance } from '@mainstem/process';
import { INSTANCE_STATES, instancesIn, keyNear, pendingDeadlines } from '@mainstem/process/operate';
import { Projector } from '@mainstem/projection';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import {
  account,
  Close,
  Credit,
  gift,
  HOUR_MS,
  Open,
  openBank,
  RequestTransfer,
  transfer,
  type Bank,
} from '../../libs/process/src/transfer.fixtures.js';
import { placesWith } from './process-places.js';

const TIMEOUT = { timeoutMs: 60_000 };
const TRANSFERS = 30;

/** As an application with SQL declares it. */
@Entity('run_deadlines')
class RunDeadline extends Deadline {
  @PrimaryColumn('text') declare id: string;
  @Column('text') declare process: string;
  @Column('text') declare key: string;
  @Column('text') declare name: string;
  @Column('text') declare deadline: string;
  @Column('text') declare at: string;
}

@Entity('run_instances')
class RunInstance extends Instance {
  @PrimaryColumn('text') declare id: string;
  @Column('text') declare process: string;
  @Column('text') declare key: string;
  @Column('text') declare state: Instance['state'];
  @Column('text') declare since: string;
  @Column('text') declare stuck: string;
  @Column('text') declare reason: string;
}

@Entity('gift_deadlines')
class GiftDeadline extends RunDeadline {}

@Entity('gift_instances')
class GiftInstance extends RunInstance {}

const stores = await placesWith([RunDeadline, RunInstance, GiftDeadline, GiftInstance]);

const settled = async ({ store, projector, hosted }: Bank): Promise<void> => {
  for (let head = await store.head(); ;) {
    for (const { projection } of hosted) await projector.waitFor(projection.name, head as Position, TIMEOUT);
    const next = await store.head();
    if (next === head) return;
    head = next;
  }
};
const countOf = async (store: EventStore, type: string): Promise<number> => {
  let count = 0;
  for await (const events of store.readAll({ filter: { types: [type] } })) count += events.length;
  return count;
};

describe.each(stores)('on %s', (_, make) => {
  it('a process manager carries everything out once, over restarts, lost checkpoints and parked events', async () => {
    const place = await make();
    let readStore = await place.open();
    let now = Date.parse('2026-01-01T00:00:00.000Z');
    const runtime = { ...systemRuntime, now: () => now };
    const store = new InMemoryEventStore({ runtime });
    const recovery = { onFailure: 'park' as const, attemptsMax: 1 };
    const open = (): Bank => openBank({ store, readStore, runtime, recovery, deadline: RunDeadline, instance: RunInstance });
    const executor = new CommandExecutor({ store, runtime });
    const ask = (id: number, from: number, to: number): Promise<unknown> =>
      executor.execute(transfer, `t${id}`, new RequestTransfer(String(from), String(to), 5));
    try {
      for (let index = 0; index < 4; index++) await executor.execute(account, String(index), new Open(1_000));
      await executor.execute(account, '3', new Close());
      for (let index = 0; index < TRANSFERS; index++) await ask(index, index % 4, (index + 1) % 4);
      const first = open();
      first.projector.start();
      await first.projector.waitFor('run', (await store.head()) as Position, TIMEOUT);
      await first.projector.stop();
      await readStore.close();
      readStore = await place.open();
      const second = open();
      second.projector.start();
      await settled(second);
      const failed = Array.from({ length: TRANSFERS }, (__, index) => index).filter((index) => index % 4 > 1).length;
      expect(await countOf(store, 'Completed')).toBe(TRANSFERS - failed);
      expect(await countOf(store, 'Failed')).toBe(failed);
      const balances = await Promise.all(['0', '1', '2'].map(async (id) => (await loadAggregate(store, account, id)).state.balance));
      expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(3_000);
      await second.projector.stop();

      // Its outbox does not run, so the deadline comes first.
      const waits = open();
      const aside = new Projector({ reader: store, runtime, projections: waits.hosted.filter(({ projection }) => projection.name !== 'run-outbox') });
      aside.start();
      await ask(TRANSFERS, 0, 1);
      const atEnd = async (): Promise<void> => {
        for (const name of ['run', 'run-deadlines']) await aside.waitFor(name, (await store.head()) as Position, TIMEOUT);
      };
      await atEnd();
      await atEnd();
      await waits.clock.look();
      expect(await countOf(store, 'DeadlineReached')).toBe(0);
      now += HOUR_MS;
      await waits.clock.look();
      await waits.clock.look();
      expect(await countOf(store, 'DeadlineReached')).toBe(1);
      await aside.stop();
      const last = open();
      last.projector.start();
      await settled(last);
      await last.clock.look();
      expect(last.clock.troubles()).toEqual([]);
      expect(await countOf(store, 'Failed')).toBe(failed + 1);
      expect((await loadAggregate(store, account, '0')).state.balance).toBe(balances[0]);
      await last.projector.stop();

      const before = await store.head();
      for (const name of ['run', 'run-outbox', 'run-deadlines', 'run-instances', 'run-late']) await readStore.forget(name);
      const again = open();
      again.projector.start();
      await settled(again);
      expect(await store.head()).toBe(before);
      await again.projector.stop();
    } finally {
      await readStore.close();
      await place.remove();
    }
  });

  it('keeps an event parked whose command cannot be executed, and carries it out after the cause is gone', async () => {
    const place = await make();
    const readStore = await place.open();
    const store = new InMemoryEventStore();
    let isBroken = true;
    const executor = new CommandExecutor({ store });
    const breaking: Pick<CommandExecutor, 'execute'> = {
      execute: async (aggregate, id, command, context) => {
        if (isBroken && command instanceof Credit) throw new TypeError('a fault of the program');
        return executor.execute(aggregate, id, command, context);
      },
    };
    const bank = openBank({
      store,
      readStore,
      executor: breaking,
      deadline: RunDeadline,
      instance: RunInstance,
      recovery: { onFailure: 'park', attemptsMax: 1 },
    });
    try {
      for (const id of ['0', '1']) await executor.execute(account, id, new Open(100));
      await executor.execute(transfer, 't1', new RequestTransfer('0', '1', 5));
      bank.projector.start();
      await settled(bank);
      expect((await readStore.parked('run-outbox', 10)).map(({ error }) => error)).toEqual([expect.stringContaining('a fault of the program')]);
      isBroken = false;
      expect(await bank.projector.replayParked('run-outbox')).toMatchObject({ replayed: 1 });
      await settled(bank);
      expect(await countOf(store, 'Completed')).toBe(1);
    } finally {
      await bank.projector.stop();
      await readStore.close();
      await place.remove();
    }
  });

  it('operators find instances by state and deadlines by time', async () => {
    const place = await make();
    const readStore = await place.open();
    let now = Date.parse('2026-01-01T00:00:00.000Z');
    const runtime = { ...systemRuntime, now: () => now };
    const store = new InMemoryEventStore({ runtime });
    const bank = openBank({ manager: gift, store, readStore, runtime, deadline: GiftDeadline, instance: GiftInstance });
    const at = { process: 'gift', store: readStore };
    const found = async (...states: readonly Instance['state'][]): Promise<readonly string[]> => {
      const lines: string[] = [];
      for await (const { state, key, reason } of instancesIn(at, { states })) lines.push(`${state} ${key} ${reason.split(':')[0]}`);
      return lines;
    };
    try {
      await bank.executor.execute(account, 'a', new Open(10));
      for (const [index, [id, amount]] of [['order-3', 30] as const, ['order-1', 40] as const, ['order-2', 5] as const].entries()) {
        now += index * 1_000;
        await bank.executor.execute(transfer, id, new RequestTransfer('a', 'b', amount));
      }
      bank.projector.start();
      await settled(bank);
      expect(await found(...INSTANCE_STATES)).toEqual(['stuck order-1 ACCOUNT_OVERDRAWN', 'stuck order-3 ACCOUNT_OVERDRAWN', 'ended order-2 ']);
      expect(await keyNear(at, 'ordr-3')).toBe('order-3');
      const pending: string[] = [];
      for await (const deadline of pendingDeadlines(at)) pending.push(deadline.at);
      expect(pending).toEqual(pending.toSorted());
      expect(pending).toHaveLength(2);
      await bank.executor.execute(gift.aggregate, 'order-1', { kind: 'cancel', reason: 'paid in cash' });
      await bank.executor.execute(account, 'a', new Credit('help', 100));
      await bank.executor.execute(gift.aggregate, 'order-3', { kind: 'retry' });
      await settled(bank);
      expect(await found(...INSTANCE_STATES)).toEqual(['ended order-2 ', 'ended order-3 ', 'cancelled order-1 paid in cash']);
      for await (const deadline of pendingDeadlines(at)) expect.fail(`${deadline.id} is still pending`);
    } finally {
      await bank.projector.stop();
      await readStore.close();
      await place.remove();
    }
  });
});
