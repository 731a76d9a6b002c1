// Processes go on in a copy of their event store: what they know is in streams.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { application } from '#apps/mainstem.application.js';
import { CommandExecutor, loadAggregate } from '@mainstem/aggregate';
import { systemRuntime, type EventStore, type Position } from '@mainstem/event-store';
import { Projector } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copy } from '../../libs/cli/src/commands/copy.js';
import { account, HOUR_MS, Open, openBank, RequestTransfer, settled, transfer, type Bank } from '../../libs/process/src/transfer.fixtures.js';
import { LogSchema } from './postgres-events.js';
import { postgresUrl, withPostgres } from './sql-fixtures.js';

describe.runIf(await withPostgres())('in a copy on PostgreSQL', () => {
  let dir: string;
  let schema: LogSchema;
  let now: number;
  const runtime = { ...systemRuntime, now: () => now };
  const opened: EventStore[] = [];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-copied-'));
    schema = new LogSchema();
    now = Date.parse('2026-01-01T00:00:00.000Z');
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await schema[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });

  const open = async (address: string): Promise<EventStore> => {
    const store = await application.openEventStoreAt?.({ dir, env: {} }, address);
    if (!store) throw new TypeError('the application opens no event store');
    opened.push(store);
    return store;
  };
  const countOf = async (store: EventStore, type: string): Promise<number> => {
    let count = 0;
    for await (const events of store.readAll({ filter: { types: [type] } })) count += events.length;
    return count;
  };
  const bankOn = (store: EventStore): Bank => openBank({ store, readStore: new MemoryReadStore(), runtime });
  /** Everything but the outbox, so that a deadline comes before the command is sent. */
  const withoutOutbox = async ({ store, hosted }: Bank): Promise<Projector> => {
    const projector = new Projector({ reader: store, runtime, projections: hosted.filter(({ projection }) => projection.name !== 'run-outbox') });
    projector.start();
    for (let head = await store.head(); ;) {
      for (const name of ['run', 'run-deadlines']) await projector.waitFor(name, head as Position, { timeoutMs: 20_000 });
      const next = await store.head();
      if (next === head) return projector;
      head = next;
    }
  };

  it('a deadline that was pending comes once, and commands that took effect take none again', async () => {
    const url = `${postgresUrl}?schema=${schema.name}`;
    const before = await open('embedded');
    const executor = new CommandExecutor({ store: before, runtime });
    for (const id of ['a', 'b']) await executor.execute(account, id, new Open(100));
    const first = bankOn(before);
    await executor.execute(transfer, 't0', new RequestTransfer('a', 'b', 5));
    first.projector.start();
    await settled(first, 20_000);
    await first.projector.stop();
    expect(await countOf(before, 'Completed')).toBe(1);
    await executor.execute(transfer, 't1', new RequestTransfer('a', 'b', 5));
    const aside = await withoutOutbox(bankOn(before));
    await aside.stop();
    expect(await countOf(before, 'DeadlineSet')).toBe(2);
    expect(await countOf(before, 'DeadlineReached')).toBe(0);

    const terminal = { isInteractive: false, errorStream: new PassThrough(), print: async () => undefined, say: () => undefined };
    const context = { application, settings: { dir, env: {} }, terminal, signal: new AbortController().signal };
    expect(await copy(context, { from: 'embedded', to: url })).toBe(0);

    const after = await open(url);
    const moved = bankOn(after);
    const projector = await withoutOutbox(moved);
    await moved.clock.look();
    expect(await countOf(after, 'DeadlineReached')).toBe(0);
    now += HOUR_MS;
    for (let look = 0; look < 3; look++) await moved.clock.look();
    expect(await countOf(after, 'DeadlineReached')).toBe(1);
    await projector.stop();

    const last = bankOn(after);
    last.projector.start();
    await settled(last, 20_000);
    await last.clock.look();
    await last.projector.stop();
    expect([await countOf(after, 'DeadlineReached'), await countOf(after, 'Completed'), await countOf(after, 'Failed')]).toEqual([1, 1, 1]);
    const balances = await Promise.all(['a', 'b'].map(async (id) => (await loadAggregate(after, account, id)).state.balance));
    expect(balances).toEqual([95, 105]);
  });
});
