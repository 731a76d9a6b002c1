// Unique values over EventStoreDB's protocol: on our server in one append, and in steps on a server without appendAll.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventIdOf, streamOf } from '@mainstem/event-store';
import { buildClaims, CommandExecutor } from '@mainstem/aggregate';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { account, namedIn, namesIn, outcomeOf, processOn } from '../../libs/aggregate/src/command/unique-claims.fixtures.js';
import { startAnsweringProxy, type AnsweringProxy } from './eventstoredb/answering-proxy.js';

const CLAIMERS = 200;
const PROCESSES = 4;

describe.each([
  { name: 'in one append, on our server', isAtomic: true },
  { name: 'in steps, on a server with the methods of EventStoreDB alone', isAtomic: false },
])('unique values claimed $name', ({ isAtomic }) => {
  let dir: string;
  let server: EventStoreDbServer;
  let proxy: AnsweringProxy | undefined;
  let stores: readonly EventStoreDbEventStore[];
  const first = (): EventStoreDbEventStore => stores[0] as EventStoreDbEventStore;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-claims-'));
    server = await EventStoreDbServer.start({ dir, port: 0 });
    proxy = isAtomic ? undefined : await startAnsweringProxy(server.port);
    const connectionString = proxy?.connectionString ?? `esdb://127.0.0.1:${server.port}?tls=false`;
    stores = await Promise.all(Array.from({ length: PROCESSES }, () => EventStoreDbEventStore.open({ connectionString })));
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    proxy?.stop();
    await server.stop();
    await rm(dir, { recursive: true });
  });

  const typesOfClaims = async (): Promise<readonly string[]> => {
    const types: string[] = [];
    for await (const events of first().readAll({ filter: { streamPrefixes: ['mainstem.claim-'] } })) types.push(...events.map(({ type }) => type));
    return types;
  };

  it(`are won by one of ${CLAIMERS} that want one at the same time, in ${PROCESSES} processes, and the others are refused`, async () => {
    expect(first().hasAppendAll).toBe(isAtomic);
    const processes = stores.map((store) => processOn(store));
    const outcomes = await Promise.all(
      Array.from({ length: CLAIMERS }, (_, index) =>
        outcomeOf((processes[index % PROCESSES] ?? processOn(first())).execute(account, `${index}`, { name: 'Ada' })),
      ),
    );
    expect(
      Object.fromEntries(Object.entries(Object.groupBy(outcomes, (outcome) => outcome)).map(([outcome, all]) => [outcome, all?.length])),
    ).toEqual({
      done: 1,
      UNIQUE_VALUE_TAKEN: CLAIMERS - 1,
    });
    expect([...(await namesIn(first())).values()]).toEqual(['ada']);
    expect(await typesOfClaims()).toEqual(isAtomic ? ['ClaimTaken'] : ['ClaimTaken', 'ClaimConfirmed']);
  });

  it('are free for others once they are renamed or given up, and can be taken back', async () => {
    const set = (id: string, name: string | null): Promise<string> => outcomeOf(processOn(first()).execute(account, id, { name }));
    expect(await set('1', 'Ada')).toBe('done');
    expect(await set('2', 'ada ')).toBe('UNIQUE_VALUE_TAKEN');
    expect(await set('1', 'Grace')).toBe('done');
    expect(await set('2', 'Ada')).toBe('done');
    expect(await set('2', null)).toBe('done');
    expect(await set('1', 'Ada')).toBe('done');
    expect(await set('3', 'Grace')).toBe('done');
    expect(await namesIn(first())).toEqual(
      new Map([
        ['account-1', 'ada'],
        ['account-3', 'grace'],
      ]),
    );
  });

  it('and ids that categories share belong to the first that begins', async () => {
    const person = { ...namedIn('person'), unique: undefined, uniqueId: { among: () => ['firm'] } };
    const firm = { ...namedIn('firm'), unique: undefined, uniqueId: { among: () => ['person'] } };
    const executor = new CommandExecutor({ store: first(), aggregates: [person, firm] });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => index).flatMap((index) =>
        [person, firm].map((aggregate) => outcomeOf(executor.execute(aggregate, `${index}`, { name: 'Ada' }))),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(20);
    expect(outcomes.filter((outcome) => outcome === 'UNIQUE_VALUE_TAKEN')).toHaveLength(20);
    expect(await typesOfClaims()).toEqual([]);
  });

  it('are claimed for events that are older than the rule', async () => {
    for (const id of ['1', '2']) {
      const stream = streamOf('account', id);
      await first().append(stream, [{ id: eventIdOf('old', stream, 0), type: 'Named', data: { name: 'Ada' }, metadata: {} }], {
        expectedRevision: 'no-stream',
      });
    }
    const built = await buildClaims({ store: first(), aggregates: [account] });
    expect(built).toMatchObject({ values: 1, taken: 1, clashes: [{ value: 'ada', holders: ['account-1', 'account-2'] }] });
    expect(await outcomeOf(processOn(first()).execute(account, '3', { name: 'ada' }))).toBe('UNIQUE_VALUE_TAKEN');
  });
});
