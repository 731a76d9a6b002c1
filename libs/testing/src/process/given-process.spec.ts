// Scenarios show what a process does, type their inputs, and say what is wrong in words.
import { after, at, end, InvalidAction, processManager, reactor, send } from '@mainstem/process';
import { describe, expect, it } from 'vitest';
import {
  account,
  accountEvents,
  Credit,
  Debit,
  Fail,
  gift,
  HOUR_MS,
  transfer,
  transferEvents,
  transferRun,
} from '../../../process/src/transfer.fixtures.js';
import { givenProcess } from './given-process.js';
import { givenReactor } from './given-reactor.js';
import { accepted, declined, late, passed } from './process-input.js';

// #region scenarios
const requested = { stream: 'transfer-t1', type: 'Requested', data: { from: 'ann', to: 'bob', amount: 30 } } as const;
const closed = { code: 'ACCOUNT_CLOSED', message: 'The account is closed.' };

describe('a transfer', () => {
  it('debits one account first, and gives up after an hour', () =>
    givenProcess(transferRun)
      .when(requested)
      .then({ commands: [send('debit', account, 'ann', new Debit('t1', 30))], deadlines: { 'too-late': '2026-01-01T01:00:00.000Z' } }));

  it('gives the money back where the other account is closed', () =>
    givenProcess(transferRun, requested, accepted('debit'))
      .when(declined('credit', closed), accepted('refund'))
      .then({
        commands: [send('refund', account, 'ann', new Credit('t1', 30)), send('fail', transfer, 't1', new Fail('ACCOUNT_CLOSED'))],
        isEnded: true,
      }));

  it('fails where the debit takes longer than an hour', () =>
    givenProcess(transferRun, requested)
      .when(passed(HOUR_MS))
      .then({ commands: [send('fail', transfer, 't1', new Fail('TOO_LATE'))], deadlines: {}, isEnded: true }));
});
// #endregion

describe('givenProcess', () => {
  it('types events and state by the process', () => {
    const scenario = givenProcess(transferRun, requested).when(accepted('debit'));
    scenario.then({ state: { id: 't1', from: 'ann', to: 'bob', amount: 30, isDebited: true }, isEnded: false, stuck: [] });
    // @ts-expect-error -- the state has no such field
    expect(() => scenario.then({ state: { id: 't1', colour: 'red' } })).toThrow();
    // @ts-expect-error -- the process listens to no such event
    expect(() => givenProcess(transferRun).when({ stream: 'transfer-t1', type: 'Sent', data: {} }).thenNothing()).toThrow('run takes no Sent');
  });

  it('tells a late effect, and what is stuck', () => {
    givenProcess(transferRun, requested, declined('debit', closed))
      .when(late('debit'))
      .then({ commands: [send('refund', account, 'ann', new Credit('t1', 30))], isEnded: true, stuck: [] });
    givenProcess(gift, requested)
      .when(declined('take', closed))
      .then({ stuck: ['take'], commands: [], isEnded: false });
  });

  it('lets deadlines come in order of time, those that set others too, and not before their time', () => {
    const reminder = processManager({
      name: 'reminder',
      version: 1,
      events: [transferEvents],
      startsAt: 'first-event',
      key: () => 'one',
      initialState: [] as readonly string[],
      react: { Requested: () => [after('second', 2_000), at('first', '2026-01-01T00:00:01.000Z')] },
      deadlines: {
        first: { evolve: (names, due) => [...names, `${due.name} ${due.at}`], react: () => [after('third', 3_000)] },
        second: { evolve: (names, due) => [...names, `${due.name} ${due.at}`] },
        third: { evolve: (names, due) => [...names, `${due.name} ${due.at}`], react: () => [end()] },
      },
    });
    const happened = { ...requested, stream: 'transfer-1' };
    givenProcess(reminder, happened)
      .when(passed(999))
      .then({ state: [], deadlines: { first: '2026-01-01T00:00:01.000Z', second: '2026-01-01T00:00:02.000Z' } });
    givenProcess(reminder, happened)
      .when(passed(3_999))
      .then({ state: ['first 2026-01-01T00:00:01.000Z', 'second 2026-01-01T00:00:02.000Z'], isEnded: false });
    givenProcess(reminder, happened, passed(3_999)).when(passed(1)).then({ isEnded: true, deadlines: {} });
  });

  it('says what differs: the commands as they are sent', () => {
    const wrong = (): void =>
      givenProcess(transferRun)
        .when(requested)
        .then({ commands: [send('debit', account, 'ann', new Debit('t1', 31))] });
    expect(wrong).toThrow(/commands: \[[^]*to: 'account-ann'/);
    expect(wrong).toThrow(/\+ +amount: 30,\n- +amount: 31,/);
    const differing = (): void => givenProcess(transferRun).when(requested).then({ isEnded: true });
    expect(differing).toThrow('the instance has not ended');
  });

  it('says what is wrong with an input', () => {
    expect(() => givenProcess(transferRun, requested).when(accepted('credit')).thenNothing()).toThrow(
      'no command is without an outcome as step credit; such steps: debit',
    );
    expect(() => givenProcess(transferRun, requested).when(late('debit')).thenNothing()).toThrow('no command was declined as step debit');
    const other = { ...requested, stream: 'transfer-t2' };
    expect(() => givenProcess(transferRun, requested).when(other).thenNothing()).toThrow('another instance of run');
    const odd = { ...requested, data: { from: 'ann', to: 'bob', amount: 0 } };
    expect(() => givenProcess(transferRun).when(odd).thenNothing()).toThrow('amount');
    expect(() => givenProcess(transferRun, requested).when(passed(-1)).thenNothing()).toThrow('from 0');
  });

  it('tells that nothing follows, and that an input fails', () => {
    givenProcess(transferRun, requested, passed(HOUR_MS)).when(passed(HOUR_MS)).thenNothing();
    expect(() => givenProcess(transferRun).when(requested).thenNothing()).toThrow();
    const odd = processManager({
      name: 'odd',
      version: 1,
      events: [transferEvents],
      startsAt: 'first-event',
      key: () => 'one',
      initialState: null,
      react: { Requested: () => [after('late', -1)] },
      deadlines: { late: {} },
    });
    givenProcess(odd).when(requested).thenFails(InvalidAction);
    expect(() => givenProcess(transferRun).when(requested).thenFails(InvalidAction)).toThrow();
  });

  it('catches a react that is not pure, and a sentence without its end', async () => {
    let calls = 0;
    const impure = processManager({
      name: 'impure',
      version: 1,
      events: [transferEvents],
      startsAt: 'first-event',
      key: () => 'one',
      initialState: null,
      react: { Requested: () => [after('late', ++calls)] },
      deadlines: { late: {} },
    });
    expect(() => givenProcess(impure).when(requested).thenNothing()).toThrow('react is not pure');
    await expect(Promise.resolve().then(() => givenProcess(transferRun).when(requested) as never)).rejects.toThrow('finish the sentence');
    expect(() => givenProcess(transferRun).when(requested).then({})).toThrow('checks nothing');
  });
});

describe('givenReactor', () => {
  const bonus = reactor({
    name: 'bonus',
    events: [accountEvents],
    startsAt: 'now',
    react: {
      Opened: ({ stream, data }) => (data.balance > 1_000 ? [send('bonus', account, stream.slice('account-'.length), new Credit('bonus', 10))] : []),
    },
  });
  const opened = (balance: number) => ({ stream: 'account-ann', type: 'Opened', data: { balance } }) as const;

  it('tells the commands that follow from an event', () => {
    givenReactor(bonus)
      .when(opened(2_000))
      .then([send('bonus', account, 'ann', new Credit('bonus', 10))]);
    givenReactor(bonus).when(opened(1_000)).thenNothing();
    givenReactor(bonus).when({ stream: 'account-ann', type: 'Closed', data: {} }).thenNothing();
  });

  it('refuses a reactor that waits, and says how to test it', () => {
    const waiting = reactor({ name: 'waiting', events: [accountEvents], startsAt: 'now', react: { Opened: async () => [] } });
    expect(() => givenReactor(waiting).when(opened(1)).thenNothing()).toThrow('run this reactor in a Projector');
  });

  it('fails for other commands, for an event that is none, and for a sentence without its end', async () => {
    expect(() => givenReactor(bonus).when(opened(2_000)).thenNothing()).toThrow();
    // @ts-expect-error -- the reactor listens to no such event
    expect(() => givenReactor(bonus).when({ stream: 'account-ann', type: 'Sent', data: {} }).thenNothing()).toThrow('none of its event registries');
    await expect(Promise.resolve().then(() => givenReactor(bonus).when(opened(1)) as never)).rejects.toThrow('finish the sentence');
  });
});
