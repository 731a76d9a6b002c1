// The read model of instances tells the same as their streams; looking at it costs the same for few and for many.
import { streamOf, systemRuntime, type Incarnation, type Position, type RecordedEvent } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import { MemoryReadStore, type ReadStoreSession } from '@mainstem/projection/adapter';
import { afterEach, describe, expect, it } from 'vitest';
import { DeadlineClock, type Deadline, type Instance } from './index.js';
import { InstanceWatch } from './host/instance-watch.js';
import { deadlinesOf, INSTANCE_STATES, instancesIn, instancesOf, keyNear, loadInstance, pendingDeadlines } from './operate.js';
import { account, Close, Credit, gift, Open, openBank, RequestTransfer, settled, transfer, type Bank } from './transfer.fixtures.js';

const banks: Bank[] = [];
afterEach(async () => {
  await Promise.all(banks.splice(0).map(({ projector }) => projector.stop()));
});

const start = async (balance = 100): Promise<Bank> => {
  const bank = openBank({ manager: gift, readStore: new MemoryReadStore() });
  banks.push(bank);
  bank.projector.start();
  await bank.executor.execute(account, 'a', new Open(balance));
  return bank;
};
const request = ({ executor }: Bank, id: string, amount: number): Promise<unknown> =>
  executor.execute(transfer, id, new RequestTransfer('a', 'b', amount));
const tell = ({ executor }: Bank, key: string, command: { kind: 'retry' } | { kind: 'cancel'; reason: string }) =>
  executor.execute(gift.aggregate, key, command);
const listed = async ({ readStore }: Bank, ...states: readonly Instance['state'][]): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const { key, state } of instancesIn({ process: 'gift', store: readStore }, { states })) found.push(`${state} ${key}`);
  return found;
};
const typesIn = async ({ store }: Bank, key: string): Promise<readonly string[]> => {
  const events: RecordedEvent[] = [];
  for await (const page of store.readStream(streamOf('gift', key))) events.push(...page);
  return events.map(({ type }) => type);
};

describe('instances', () => {
  it('are listed by state, from their start over a refusal and a retry to their end', async () => {
    const bank = await start(10);
    await request(bank, 't1', 30);
    await request(bank, 't2', 5);
    await settled(bank);
    expect(await listed(bank, 'stuck', 'running', 'ended')).toEqual(['stuck t1', 'ended t2']);
    expect(await listed(bank, 'running')).toEqual(['running t1']);
    await bank.executor.execute(account, 'a', new Credit('help', 100));
    expect((await tell(bank, 't1', { kind: 'retry' })).events).toHaveLength(1);
    await settled(bank);
    expect(await listed(bank, ...INSTANCE_STATES)).toEqual(['ended t1', 'ended t2']);
  });

  it('stay stuck where a retry is refused again, and are cancelled by a person', async () => {
    const bank = await start(10);
    await request(bank, 't1', 30);
    await settled(bank);
    await tell(bank, 't1', { kind: 'retry' });
    await settled(bank);
    expect(await listed(bank, ...INSTANCE_STATES)).toEqual(['stuck t1']);
    await tell(bank, 't1', { kind: 'cancel', reason: 'the customer has paid in cash' });
    await settled(bank);
    expect(await listed(bank, ...INSTANCE_STATES)).toEqual(['cancelled t1']);
    expect((await tell(bank, 't1', { kind: 'retry' })).events).toEqual([]);
    expect((await tell(bank, 't1', { kind: 'cancel', reason: 'twice' })).events).toEqual([]);
    expect(await typesIn(bank, 't1')).toEqual([
      ...['EventTakenIn', 'CommandRequested', 'DeadlineSet', 'CommandDeclined'],
      ...['CommandRequested', 'CommandDeclined', 'DeadlineCancelled', 'ProcessEnded'],
    ]);
  });

  it('may be stuck after their end, until a person cancels them', async () => {
    const bank = await start(0);
    await request(bank, 't1', 1);
    await settled(bank);
    expect(await listed(bank, ...INSTANCE_STATES)).toEqual(['stuck t1', 'ended t1']);
    await tell(bank, 't1', { kind: 'cancel', reason: 'not wanted any more' });
    await settled(bank);
    expect(await listed(bank, ...INSTANCE_STATES)).toEqual(['cancelled t1']);
  });

  it('are in the read model what their streams say, whatever happened to them', async () => {
    const bank = await start(20);
    for (let index = 0; index < 40; index++) await request(bank, `t${index}`, 1 + ((index * 7) % 12));
    await settled(bank);
    await tell(bank, 't5', { kind: 'cancel', reason: 'one of them' });
    for (let index = 3; index < 20; index++) await tell(bank, `t${index}`, { kind: 'retry' });
    await bank.executor.execute(account, 'a', new Credit('help', 20));
    for (let index = 20; index < 40; index++) await tell(bank, `t${index}`, { kind: 'retry' });
    await bank.executor.execute(account, 'a', new Close());
    await settled(bank);
    const said = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const report = await loadInstance(bank.store, gift, `t${index}`);
        return `${report?.state} ${report?.key}`;
      }),
    );
    const all = await listed(bank, ...INSTANCE_STATES);
    // One that has ended and is stuck is listed twice.
    const stuck = new Set(all.flatMap((line) => (line.startsWith('stuck ') ? [line.slice('stuck '.length)] : [])));
    expect(all.filter((line) => !line.startsWith('ended ') || !stuck.has(line.slice('ended '.length))).toSorted()).toEqual(said.toSorted());
    expect(new Set(said.map((line) => line.split(' ')[0]))).toEqual(new Set(['stuck', 'ended', 'cancelled']));
  });

  it('show what they wait for, why they are stuck, and what they were told last', async () => {
    const bank = await start(10);
    await request(bank, 't1', 30);
    await settled(bank);
    const report = await loadInstance(bank.store, gift, 't1');
    expect(report).toMatchObject({
      process: 'gift',
      key: 't1',
      version: 1,
      state: 'stuck',
      requests: [],
      stuck: [{ request: 'take#1', step: 'take', target: 'account-a', command: 'Debit', code: 'ACCOUNT_OVERDRAWN' }],
      deadlines: [{ name: 'remind' }],
      inputs: [
        { type: 'EventTakenIn', of: 'transfer-t1@0 Requested' },
        { type: 'CommandDeclined', of: 'take#1 ACCOUNT_OVERDRAWN' },
      ],
    });
    expect(report?.stuck[0]?.since).toBe(report?.startedAt);
    expect(await loadInstance(bank.store, gift, 't2')).toBeUndefined();
  });

  it('are found by a key that was mistyped', async () => {
    const bank = await start(1_000);
    for (const id of ['order-1001', 'order-2002', 'refund-7']) await request(bank, id, 5);
    await settled(bank);
    const at = { process: 'gift', store: bank.readStore };
    expect(await keyNear(at, 'order-1002')).toBe('order-1001');
    expect(await keyNear(at, 'refnd-7')).toBe('refund-7');
    expect(await keyNear(at, 'something else')).toBeUndefined();
  });

  it('that are stuck are counted in the status of the projector', async () => {
    const bank = await start(10);
    for (const id of ['t1', 't2', 't3']) await request(bank, id, 30);
    await settled(bank);
    const watch = bank.hosted[3]?.companion as InstanceWatch;
    await watch.look();
    const figures = new Map(bank.projector.status().map(({ projection, figures: shown }) => [projection, shown]));
    expect(figures.get('gift-instances')).toEqual({ stuck: 3 });
    expect(figures.get('gift-deadlines')).toEqual({ overdue: 0 });
    expect(figures.get('gift')).toBeUndefined();
    expect(bank.projector.troubles()).toEqual([]);
  });
});

const MANY = 100_000;
const AT = Date.parse('2026-01-01T00:00:00.000Z');

/** Counts what is read. */
const counting = (store: ReadStore) => {
  const reads = { calls: 0, documents: 0 };
  const counted: Pick<ReadStore, 'generations' | 'scan'> = {
    generations: async (projection) => {
      reads.calls++;
      return store.generations(projection);
    },
    scan: async (...call) => {
      reads.calls++;
      const page = await store.scan(...call);
      reads.documents += page.length;
      return page;
    },
  };
  return { reads, store: counted };
};

const filled = async (projection: ReturnType<typeof deadlinesOf>, documents: readonly { readonly id: string }[]): Promise<MemoryReadStore> => {
  const store = new MemoryReadStore();
  const { number } = await store.createGeneration(projection, '0b0c2f6e-6b47-4a3e-9f0e-2c6f8d1f0a11' as Incarnation);
  const session: ReadStoreSession = await store.open(projection, number);
  const upserts = new Map(documents.map((document) => [document.id, document]));
  await session.commit({
    changes: [{ collection: projection.name, upserts, deletes: [] }],
    checkpoint: { from: undefined, to: 1n as Position, digest: '0000000000000001' },
  });
  await session.close();
  return store;
};

describe('at rest', () => {
  it(`${MANY} pending deadlines cost a look two reads and one document`, async () => {
    const documents = Array.from({ length: MANY }, (_, index): Deadline => {
      const at = new Date(AT + 60_000 + index).toISOString();
      return { id: `${at} gift-${index} remind#1`, process: 'gift', key: String(index), name: 'remind', deadline: 'remind#1', at };
    });
    const { reads, store } = counting(await filled(deadlinesOf(gift), documents));
    const executor = { execute: () => Promise.reject(new Error('no deadline has come')) };
    const clock = new DeadlineClock({ manager: gift, executor, store, runtime: { ...systemRuntime, now: () => AT } });
    for (let look = 0; look < 3; look++) await clock.look();
    expect(reads).toEqual({ calls: 6, documents: 3 });
    expect(clock.figures()).toEqual({ overdue: 0 });
    const first: string[] = [];
    for await (const { key } of pendingDeadlines({ process: 'gift', store })) if (first.push(key) === 3) break;
    expect(first).toEqual(['0', '1', '2']);
  });

  it(`${MANY} running and ended instances cost a look of the watch two reads and no document, and a list one page`, async () => {
    const documents = Array.from({ length: MANY }, (_, index): Instance => {
      const state = index % 100 === 0 ? 'running' : 'ended';
      const key = String(index);
      return { id: `${state} ${key}`, process: 'gift', key, state, since: '', stuck: '', reason: '' };
    });
    const { reads, store } = counting(await filled(instancesOf(gift), documents));
    const watch = new InstanceWatch({ process: 'gift', store });
    for (let look = 0; look < 3; look++) await watch.look();
    expect(reads).toEqual({ calls: 6, documents: 0 });
    let running = 0;
    for await (const _ of instancesIn({ process: 'gift', store }, { states: ['stuck', 'running'] })) if (++running === 100) break;
    expect(reads.documents).toBe(500);
  });

  it('a deadline that comes is told among many, by pages', async () => {
    const due = Array.from({ length: 1_200 }, (_, index): Deadline => {
      const at = new Date(AT - 20_000 + index).toISOString();
      return { id: `${at} gift-${index} remind#1`, process: 'gift', key: String(index), name: 'remind', deadline: 'remind#1', at };
    });
    const told = new Set<string>();
    const executor = { execute: async (_: unknown, key: string) => void told.add(key) };
    const { reads, store } = counting(await filled(deadlinesOf(gift), due));
    let elapsedMs = 0;
    const runtime = { ...systemRuntime, now: () => AT, monotonic: () => elapsedMs };
    const clock = new DeadlineClock({ manager: gift, executor: executor as never, store, runtime });
    await clock.look();
    expect(told.size).toBe(1_200);
    expect(reads.documents).toBe(1_200);
    expect(clock.figures()).toEqual({ overdue: 0 });
    elapsedMs = 10_001;
    await clock.look();
    expect(clock.figures()).toEqual({ overdue: 1_200 });
    expect(clock.troubles()).toHaveLength(1);
  });
});
