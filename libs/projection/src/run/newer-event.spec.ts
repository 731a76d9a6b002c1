// A rolling deployment: an older program's projector meets events of the newer one. It waits, healthy, and neither
// parks nor stops.
import { defineEvents, InMemoryEventStore, streamOf, type EventId, type Position } from '@mainstem/event-store';
import { IsString } from 'class-validator';
import { afterEach, describe, expect, it } from 'vitest';
import { documentProjection } from '../definition/document-projection.js';
import { handlerProjection } from '../definition/handler-projection.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import type { MemoryTransaction } from '../memory/memory-session.js';
import { Rebuilder } from '../rebuild/rebuilder.js';
import type { AnyProjection, HostedProjection } from '../definition/hosted-projection.js';
import { Projector } from './projector.js';
import { impatient, until } from '../tally.fixtures.js';

class Opened {
  @IsString() name!: string;
}
class Account {
  name!: string;
}
const older = defineEvents('account', { Opened });
const newer = defineEvents('account', { Opened: { data: Opened, version: 2, upcasters: { 1: (data) => data } } });
type Registry = typeof older;

const document = (events: Registry): AnyProjection =>
  documentProjection({
    name: 'accounts',
    version: 1,
    document: Account,
    events: [events],
    key: (event) => event.stream,
    evolve: { Opened: (_, { data: { name } }) => ({ name }) },
  });
const handler = (events: Registry): AnyProjection =>
  handlerProjection<MemoryTransaction, [Registry]>({
    name: 'accounts',
    version: 1,
    tables: { names: Account },
    events: [events],
    apply: (transaction, batch) => transaction.upsert('names', new Map(batch.map(({ stream, data: { name } }) => [stream, { name }]))),
  });

const filled = async (): Promise<InMemoryEventStore> => {
  const store = new InMemoryEventStore();
  for (const [index, schemaVersion] of [1, 2, 1].entries()) {
    const id = `00000000-0000-4000-8000-00000000000${index}` as EventId;
    const event = { id, type: 'Opened', data: { name: `account ${index}` }, metadata: schemaVersion === 1 ? {} : { schemaVersion } };
    await store.append(streamOf('account', String(index)), [event], { expectedRevision: 'any' });
  }
  return store;
};

describe.each([
  ['document', document, 'accounts'],
  ['handler', handler, 'names'],
] as const)('a %s projection of an older program', (_, define, collection) => {
  const running: Projector[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((projector) => projector.stop()));
  });

  it.each(['park', 'stop'] as const)(
    'waits, healthy, before an event of a newer one under %s, and the newer one with another definition fills its own generation',
    async (onFailure) => {
      const [reader, store] = [await filled(), new MemoryReadStore()];
      const start = (events: Registry): Projector => {
        const recovery = { onFailure, retryDelayMs: 1, retryDelayMaxMs: 2, attemptsMax: 2 };
        const projector = new Projector({ reader, projections: [{ projection: define(events), store, recovery, rebuild: 'auto' }] });
        running.push(projector);
        projector.start();
        return projector;
      };
      const projector = start(older);
      await until(() => projector.status()[0]?.state === 'waiting');
      // Long enough for every try of a failing event.
      const opened = (await store.generations('accounts'))[0]?.checkpoint.epoch ?? 0;
      await until(async () => ((await store.generations('accounts'))[0]?.checkpoint.epoch ?? 0) > opened + 4);
      const [status] = projector.status();
      expect(status).toMatchObject({ state: 'waiting', isHealthy: true, position: 1n, parkedKeys: 0 });
      expect(status?.reason).toMatch(/^EVENT_STORE_NEWER_EVENT: .*Opened at position 2: it has schema version 2, and this program knows version 1/);
      await projector.stop();
      const updated = start(newer as unknown as Registry);
      await updated.waitFor('accounts', 3n as Position, { timeoutMs: 4_000 });
      expect(await store.parked('accounts', 10)).toEqual([]);
      expect([...store.documents<Account>(collection)].map(([key, { name }]) => `${key} ${name}`)).toEqual([
        'account-0 account 0',
        'account-1 account 1',
        'account-2 account 2',
      ]);
    },
  );

  it('stays healthy while the newer one refuses an automatic rebuild, and after an operator has rebuilt it with the newer one, which then runs it', async () => {
    const [reader, store] = [await filled(), new MemoryReadStore()];
    const hostedBy = (events: Registry): HostedProjection => {
      const recovery = { retryDelayMs: 1, retryDelayMaxMs: 2 };
      return { projection: define(events), store, recovery, rebuild: 'manual' };
    };
    const start = (events: Registry): Projector => {
      const projector = new Projector({ reader, projections: [hostedBy(events)], runtime: impatient });
      running.push(projector);
      projector.start();
      return projector;
    };
    const stateOf = (projector: Projector): unknown => projector.status()[0]?.state;
    const before = start(older);
    await until(() => stateOf(before) === 'waiting');
    const after = start(newer as unknown as Registry);
    await until(() => stateOf(after) === 'stopped');
    const changed = expect.stringMatching(/^PROJECTION_CHANGED: /) as string;
    expect(after.status()[0]).toMatchObject({ isHealthy: false, reason: changed });
    expect(before.status()[0]).toMatchObject({ isHealthy: true, state: 'waiting', position: 1n });

    await new Rebuilder({ reader, projections: [hostedBy(newer as unknown as Registry)], followMs: 0 }).run();
    await until(() => stateOf(after) === 'live' && before.status()[0]?.generation === 2);
    expect(before.status()[0]).toMatchObject({ isHealthy: true, state: 'stopped', reason: changed, position: 3n, parkedKeys: 0 });
    expect(await store.parked('accounts', 10)).toEqual([]);

    // The status is read while it checks whether it may go on.
    const generations = store.generations.bind(store);
    const wasHealthy: (boolean | undefined)[] = [];
    let watches = 0;
    store.generations = async (projection) => {
      const found = await generations(projection);
      if (projection === undefined) watches++;
      else if (wasHealthy.length === 0) {
        const later = watches + 2;
        await until(() => watches >= later);
        wasHealthy.push(before.status()[0]?.isHealthy);
      }
      return found;
    };
    await until(() => wasHealthy.length > 0);
    expect(wasHealthy).toEqual([true]);
  });
});
