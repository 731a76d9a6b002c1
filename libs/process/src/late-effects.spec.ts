// Effects whose sender has ended before it told them are found in the log, whatever was recorded meanwhile.
import { loadAggregate } from '@mainstem/aggregate';
import { streamOf, type Position, type RecordedEvent } from '@mainstem/event-store';
import { Projector } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProcessManager } from './index.js';
import { account, Credit, Debit, gift, Open, openBank, RequestTransfer, settled, transfer, transferRun, type Bank } from './transfer.fixtures.js';

const REFUSED = { kind: 'decline', request: 'debit#1', code: 'ACCOUNT_OVERDRAWN', message: 'no' } as const;

let bank: Bank;
afterEach(() => bank.projector.stop());

/** A transfer of 30 that was asked for; its debit was sent by no host yet. */
const asked = async (manager: ProcessManager = transferRun): Promise<void> => {
  bank = openBank({ manager, readStore: new MemoryReadStore() });
  await bank.executor.execute(account, 'a', new Open(100));
  await bank.executor.execute(account, 'b', new Open(0));
  await bank.executor.execute(transfer, 't1', new RequestTransfer('a', 'b', 30));
  const inbox = new Projector({ reader: bank.store, projections: bank.hosted.slice(0, 1) });
  inbox.start();
  await inbox.waitFor(manager.name, (await bank.store.head()) as Position, { timeoutMs: 4_000 });
  await inbox.stop();
};
const balances = async (): Promise<readonly number[]> =>
  Promise.all(['a', 'b'].map(async (id) => (await loadAggregate(bank.store, account, id)).state.balance));
const typesOf = async (key: string): Promise<readonly string[]> => {
  const events: RecordedEvent[] = [];
  for await (const page of bank.store.readStream(streamOf('run', key))) events.push(...page);
  return events.map(({ type }) => type);
};

describe('an effect whose sender has ended', () => {
  it('is undone where its refusal was recorded before', async () => {
    await asked();
    await bank.executor.execute(transferRun.aggregate, 't1', REFUSED);
    await bank.executor.execute(account, 'a', new Debit('t1', 30), { commandId: 'run-t1:debit#1' });
    bank.projector.start();
    await settled(bank);
    expect(await balances()).toEqual([100, 0]);
    expect(await typesOf('t1')).toContain('CommandTookEffectLate');
  });

  it('is the outcome where none was recorded', async () => {
    await asked();
    await bank.executor.execute(account, 'a', new Debit('t1', 30), { commandId: 'run-t1:debit#1' });
    bank.projector.start();
    await settled(bank);
    expect(await balances()).toEqual([70, 30]);
    expect((await typesOf('t1')).filter((type) => type === 'CommandAccepted')).toHaveLength(3);
  });

  it('is found by a host that has no checkpoints, and told once', async () => {
    await asked();
    await bank.executor.execute(transferRun.aggregate, 't1', REFUSED);
    await bank.executor.execute(account, 'a', new Debit('t1', 30), { commandId: 'run-t1:debit#1' });
    bank.projector.start();
    await settled(bank);
    await bank.projector.stop();
    const before = await bank.store.head();
    bank = openBank({ store: bank.store, readStore: new MemoryReadStore() });
    bank.projector.start();
    await settled(bank);
    expect(await bank.store.head()).toBe(before);
  });

  it('is none of another stream, and ids that clients have made up change nothing', async () => {
    await asked();
    for (const commandId of ['run-t1:debit#1', 'run-t1:debit#2', 'run-:debit#1', 'run-t1:', 'run-t1', 'run-t9:debit#1', ' run-t1:debit#1'])
      await bank.executor.execute(account, 'b', new Credit('x', 1), { commandId });
    const late = bank.hosted.filter(({ projection }) => projection.name === 'run-late');
    const looking = new Projector({ reader: bank.store, projections: late });
    looking.start();
    await looking.waitFor('run-late', (await bank.store.head()) as Position, { timeoutMs: 4_000 });
    await looking.stop();
    expect(await typesOf('t1')).toEqual(['EventTakenIn', 'CommandRequested', 'DeadlineSet']);
    bank.projector.start();
    await settled(bank);
    expect(bank.projector.status().map(({ parkedEvents, state }) => `${state} ${parkedEvents}`)).toEqual(Array(5).fill('live 0'));
    expect(await balances()).toEqual([70, 37]);
  });

  it('is found behind a command of another stream under its id', async () => {
    await asked();
    await bank.executor.execute(transferRun.aggregate, 't1', REFUSED);
    await bank.executor.execute(account, 'b', new Credit('x', 1), { commandId: 'run-t1:debit#1' });
    await bank.executor.execute(account, 'a', new Debit('t1', 30), { commandId: 'run-t1:debit#1' });
    bank.projector.start();
    await settled(bank);
    expect(await typesOf('t1')).toContain('CommandTookEffectLate');
    expect(await balances()).toEqual([100, 1]);
  });

  it('leaves the instance stuck where no rule tells what to do', async () => {
    await asked(gift);
    await bank.executor.execute(gift.aggregate, 't1', { ...REFUSED, request: 'take#1' });
    await bank.executor.execute(account, 'a', new Debit('t1', 30), { commandId: 'gift-t1:take#1' });
    bank.projector.start();
    await settled(bank);
    expect((await loadAggregate(bank.store, gift.aggregate, 't1')).state.stuck).toMatchObject({ 'take#1': { code: 'PROCESS_LATE_EFFECT' } });
  });
});
