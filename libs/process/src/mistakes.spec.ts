// Mistakes of applications in what they declare and return: each fails with its reason, and hurts no other instance.
import { CommandExecutor } from '@mainstem/aggregate';
import { defineEvents, eventIdOf, InMemoryEventStore, streamName, type Position, type RecordedEvent } from '@mainstem/event-store';
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { Projector } from '@mainstem/projection';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { after, at, end, hostProcess, hostReactor, InvalidProcess, processManager, reactor, send, type ProcessManager } from './index.js';
import { account, Credit, openBank, RequestTransfer, transfer, transferEvents, type Bank } from './transfer.fixtures.js';

const TIMEOUT = { timeoutMs: 4_000 };
const PARK = { onFailure: 'park', retryDelayMs: 1, retryDelayMaxMs: 3 } as const;

const running: Projector[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on('unhandledRejection', onUnhandled));
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
  // Node tells of them once the microtasks are done.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

const OPTIONS = {
  name: 'odd',
  version: 1,
  events: [transferEvents],
  startsAt: 'first-event' as const,
  key: ({ stream }: { readonly stream: string }) => stream.slice('transfer-'.length),
  sends: [{ aggregate: account, commands: [Credit] }],
  react: { Requested: () => [send('credit', account, '0', new Credit('t', 1))] },
};
const defined = (change: object = {}): ProcessManager => processManager({ ...OPTIONS, initialState: { count: 0 }, ...change } as never);
const start = (manager: ProcessManager): Bank => {
  const bank = openBank({ manager, readStore: new MemoryReadStore(), recovery: PARK });
  running.push(bank.projector);
  bank.projector.start();
  return bank;
};
const settled = async ({ store, projector, hosted }: Pick<Bank, 'store' | 'projector' | 'hosted'>): Promise<void> => {
  for (let head = await store.head(); ;) {
    for (const { projection } of hosted) await projector.waitFor(projection.name, head as Position, TIMEOUT);
    const next = await store.head();
    if (next === head) return;
    head = next;
  }
};
const request = ({ executor }: Bank, id: string): Promise<unknown> => executor.execute(transfer, id, new RequestTransfer('0', '1', 1));
const reasons = async ({ readStore }: Bank, name: string): Promise<string> => (await readStore.parked(name, 10)).map(({ error }) => error).join('\n');
const eventsOf = async ({ store }: Pick<Bank, 'store'>, stream: string): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readStream(streamName(stream))) events.push(...batch);
  return events;
};
const typesOf = async (bank: Bank, stream: string): Promise<readonly string[]> => (await eventsOf(bank, stream)).map(({ type }) => type);

describe('a key', () => {
  it.each(['UPPER', 'a-b', ' a b', '👨‍👩‍👧', 'soft\u00ADhyphen', 'line\u2028separator', 'x'.repeat(480)])(
    '%j is that of an instance with commands and deadlines',
    async (id) => {
      const react = { Requested: () => [send('credit', account, '0', new Credit('t', 1)), after('soon', 0)] };
      const bank = start(defined({ react, deadlines: { soon: { react: () => [end()] } } }));
      await request(bank, id);
      await settled(bank);
      await bank.clock.look();
      await settled(bank);
      expect((await typesOf(bank, `odd-${id}`)).toSorted()).toEqual([
        'CommandAccepted',
        'CommandRequested',
        'DeadlineReached',
        'DeadlineSet',
        'EventTakenIn',
        'ProcessEnded',
      ]);
    },
  );

  it.each([undefined, 5, Promise.resolve('a')])('of a reactor that is %j fails the event', async (key) => {
    const store = new InMemoryEventStore();
    const readStore = new MemoryReadStore();
    const bank = openBank({ store, readStore });
    const definition = reactor({ ...OPTIONS, react: OPTIONS.react, key: (() => key) as never });
    const hosted = [hostReactor(definition, { executor: new CommandExecutor({ store }), store: readStore, recovery: PARK })];
    const projector = new Projector({ reader: store, projections: hosted });
    running.push(projector);
    projector.start();
    await request(bank, 't1');
    await settled({ store, projector, hosted });
    expect(await reasons(bank, 'odd')).toContain('key must give a text or null');
  });
});

describe('metadata of an event that no command made', () => {
  it.each([5, 'x'.repeat(300), '', null, { a: 1 }])('with the correlation id %j does not stop a process', async (correlationId) => {
    const bank = start(defined());
    const id = eventIdOf('foreign', streamName('transfer-t1'), 0);
    const event = { id, type: 'Requested', data: { from: '0', to: '1', amount: 1 }, metadata: { correlationId } as never };
    await bank.store.append(streamName('transfer-t1'), [event], { expectedRevision: 'any' });
    await settled(bank);
    const [credited] = await eventsOf(bank, 'account-0');
    expect(credited?.metadata.correlationId).toBe(id);
  });
});

describe('what react returns', () => {
  it.each([
    ['a promise', async () => [], 'must not be asynchronous'],
    ['a promise that fails', async () => Promise.reject(new Error('later')), 'must not be asynchronous'],
    ['null in a list', () => [null], 'no action'],
    ['a command that is none', () => [send('a', account, '0', null as never)], 'no command'],
    ['a command without a class', () => [send('a', account, '0', Object.create(null) as Credit)], 'no command'],
    ['a command that breaks the rules of its class', () => [send('a', account, '0', new Credit('t', 0))], 'amount must not be less than 1'],
    ['a date that is none', () => [at('soon', new Date(Number.NaN))], 'Invalid Date'],
    ['a deadline without rules', () => [after('late', 1)], 'deadlines does not name it'],
  ])('%s fails the event with its reason', async (_, react, words) => {
    const bank = start(defined({ react: { Requested: react }, deadlines: { soon: {} } }));
    await request(bank, 't1');
    await settled(bank);
    expect(await reasons(bank, 'odd')).toContain(words);
    expect(await typesOf(bank, 'odd-t1')).toEqual([]);
  });

  it('for an outcome, and is too large, parks the outcome; other instances go on', async () => {
    const react = (state: string) => (state === 't1' ? [send('credit', account, '1', new Credit('x'.repeat(2_000_000), 1))] : [end()]);
    const evolve = { Requested: (_: string, { stream }: RecordedEvent) => stream.slice('transfer-'.length) };
    const bank = start(defined({ evolve, initialState: '', outcomes: { credit: { accepted: { react } } } }));
    await request(bank, 't1');
    await request(bank, 't2');
    await settled(bank);
    expect(await reasons(bank, 'odd-outbox')).toContain('EVENT_STORE_EVENT_TOO_LARGE');
    expect(await typesOf(bank, 'odd-t2')).toContain('ProcessEnded');
  });
});

describe('what evolve does', () => {
  it.each([
    ['is asynchronous', async (state: object) => state, 'evolve must return a state'],
    ['fails later', async () => Promise.reject(new Error('later')), 'evolve must return a state'],
    ['changes its state', (state: { count: number }) => (state.count++, state), 'read only'],
    ['changes the event', (state: object, { data }: { data: { from: string } }) => ((data.from = 'nobody'), state), 'read only'],
  ])('fails the event where it %s, from the first instance on', async (_, evolve, words) => {
    const bank = start(defined({ evolve: { Requested: evolve } }));
    await request(bank, 't1');
    await settled(bank);
    expect(await reasons(bank, 'odd')).toContain(words);
    expect((await eventsOf(bank, 'transfer-t1'))[0]?.data).toMatchObject({ from: '0' });
  });
});

describe('a deadline', () => {
  it('whose rules fail does not keep others from being told, however many fail, and is named', async () => {
    const evolve = { Requested: (_: string, { stream }: RecordedEvent): string => stream };
    const react = (state: string) => {
      if (state !== 'transfer-good') throw new TypeError('no rule');
      return [end()];
    };
    const options = { evolve, react: { Requested: () => [after('soon', 0)] }, initialState: '', deadlines: { soon: { react } } };
    const bank = start(defined(options));
    for (let index = 0; index < 510; index++) await request(bank, `bad-${index}`);
    await request(bank, 'good');
    await settled(bank);
    await expect(bank.clock.look()).rejects.toThrow('no rule');
    await settled(bank);
    expect(await typesOf(bank, 'odd-good')).toContain('ProcessEnded');
    expect(bank.clock.troubles()).toEqual([expect.stringMatching(/^the deadline soon of odd bad-\d+ cannot be told: TypeError$/)]);
  }, 20_000);
});

describe('a declaration', () => {
  const orders = (category: string) => defineEvents(category, { Requested: class {} });
  it.each([
    ['the name of a category that it listens to', { name: 'transfer' }, 'transfer'],
    ['the name of a category that it sends to', { name: 'account' }, 'account'],
    ['a name that begins as a category that it listens to', { name: 'transfer-run' }, 'transfer-run'],
    ['a name that a category begins with', { name: 'bank', events: [orders('bank-order')] }, 'bank-order'],
    ['no list of registries', { events: transferEvents }, 'events must be a list'],
    ['no registries', { events: undefined }, 'events must be a list'],
    ['no key', { key: undefined }, 'key must be a function'],
    ['a rule that is no function', { react: { Requested: 'credit' } }, 'Requested must be a function'],
    ['a function instead of rules', { outcomes: { credit: { accepted: () => [] } } }, 'accepted of credit'],
    ['an outcome that does not exist', { outcomes: { credit: { acepted: {} } } }, 'acepted'],
    ['a step without rules', { outcomes: { credit: null } }, 'credit'],
    ['a deadline with a function instead of rules', { deadlines: { soon: () => [] } }, 'soon'],
    ['sends that are no list', { sends: {} }, 'sends must be a list'],
    ['commands that are no classes', { sends: [{ aggregate: account, commands: [new Credit('t', 1)] }] }, 'classes'],
    ['no commands', { sends: [{ aggregate: account }] }, 'classes'],
    ['no aggregate', { sends: [{ commands: [Credit] }] }, 'aggregate'],
    ['former versions that are no list', { formerVersions: {} }, 'formerVersions must be a list'],
    ['an initial state that can be changed', { initialState: { at: new URL('http://localhost') } }, 'URL'],
  ])('with %s is refused', (_, change, words) => {
    expect(() => defined(change)).toThrow(InvalidProcess);
    expect(() => defined(change)).toThrow(words);
  });

  it('of a reactor with no list of registries, or a rule that is no function, is refused', () => {
    expect(() => reactor({ ...OPTIONS, events: transferEvents as never })).toThrow('events must be a list');
    expect(() => reactor({ ...OPTIONS, react: { Requested: 5 as never } })).toThrow('Requested must be a function');
    expect(() => reactor({ ...OPTIONS, key: 'stream' as never })).toThrow('key must be a function');
  });
});

describe('a host', () => {
  const store = new InMemoryEventStore();
  const executor = new CommandExecutor({ store });
  const readStore = new MemoryReadStore();
  const definition = reactor(OPTIONS);
  it.each([
    ['no options', () => hostProcess(defined(), undefined as never), 'executor'],
    ['no executor', () => hostProcess(defined(), { store: readStore } as never), 'executor'],
    ['no read store', () => hostProcess(defined(), { executor } as never), 'read store'],
    ['a reactor instead of a process manager', () => hostProcess(definition as never, { executor, store: readStore }), 'hostReactor'],
    ['a process manager instead of a reactor', () => hostReactor(defined() as never, { executor, store: readStore }), 'hostProcess'],
    [
      'a reactor that sends together, and an executor that cannot',
      () =>
        hostReactor(reactor({ ...OPTIONS, together: true }), { executor: { execute: executor.execute.bind(executor) } as never, store: readStore }),
      'executeAll',
    ],
    ['a reactor and no executor', () => hostReactor(definition, { store: readStore } as never), 'executor'],
  ])('with %s is refused', (_, host, words) => {
    expect(host).toThrow(InvalidProcess);
    expect(host).toThrow(words);
  });

  it('is refused by a projector where its list was not spread, or was never made', () => {
    const hosted = hostProcess(defined(), { executor, store: readStore });
    const projector = (...projections: unknown[]) => new Projector({ reader: store, projections: projections as never });
    expect(() => projector(hosted)).toThrow('spread it');
    expect(() => projector(defined())).toThrow('must be { projection, store }');
    expect(() => projector(undefined)).toThrow('must be { projection, store }');
    expect(() => projector({ ...hosted[0], store: undefined })).toThrow('has no read store');
    expect(() => new Projector({ reader: store, projections: {} as never })).toThrow('must be a list');
  });
});
