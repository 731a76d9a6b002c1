// One long stream: the cost of a command does not grow with it, however few ids are kept. It counts reads, not time.
import { defineEvents, InMemoryEventStore, type RecordedEvent } from '@mainstem/event-store';
import { IsInt } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { CommandRefused } from '../errors.js';
import { NO_CLAIMS } from '../claims/held-claims.js';
import { CommandExecutor } from './command-executor.js';
import { FoldedStreamCache } from './folded-stream-cache.js';
import { KnownCommands } from '../folded/known-commands.js';

class CountedData {
  @IsInt() by!: number;
}
class CounterFull extends CommandRefused {
  constructor() {
    super('COUNTER_FULL', 'The counter is full.');
  }
}
const counter = defineAggregate({
  ...{ category: 'counter', events: defineEvents('counter', { Counted: CountedData }), initialState: 0 },
  evolve: (state: number, event: { readonly data: CountedData }) => state + event.data.by,
  decide: ({ by, upTo }: { readonly by: number; readonly upTo?: number }, state: number) => {
    if (upTo !== undefined && state + by > upTo) throw new CounterFull();
    return [{ type: 'Counted' as const, data: { by } }];
  },
});

class CountingStore extends InMemoryEventStore {
  calls = 0;
  events = 0;
  override async *readStream(...given: Parameters<InMemoryEventStore['readStream']>): AsyncGenerator<readonly RecordedEvent[]> {
    this.calls++;
    for await (const batch of super.readStream(...given)) {
      this.events += batch.length;
      yield batch;
    }
  }
}

const COMMANDS = 5_000;
const context = (index: number): { readonly commandId: string } => ({ commandId: `import-${index}` });

describe(`${COMMANDS} commands on one stream`, () => {
  it('read it a few times at most, and a few more times when all of them are repeated', async () => {
    const store = new CountingStore();
    // One stream keeps a tenth.
    const executor = new CommandExecutor({ store, cache: { commandIdsMax: 10_000 } });
    for (let index = 0; index < COMMANDS; index++) await executor.execute(counter, 'a', { by: 1 }, context(index));
    // A filter with one wrong answer in a million, and a proof when the last one is a quarter of a second old.
    expect(store.events).toBeLessThan(10 * COMMANDS);

    store.events = 0;
    for (let index = 0; index < COMMANDS; index++)
      expect(await executor.execute(counter, 'a', { by: 1 }, context(index))).toMatchObject({ isRepeat: true, nextRevision: BigInt(index) });
    expect(store.events).toBeLessThan(20 * COMMANDS);
    expect(await store.head()).toBe(BigInt(COMMANDS));
  }, 60_000);

  it('are answered together although fewer ids are kept than sent', async () => {
    const executor = new CommandExecutor({ store: new CountingStore(), cache: { commandIdsMax: 20 } });
    const commands = Array.from({ length: 50 }, () => ({ by: 1 }));
    const sent = await executor.executeAll(counter, 'a', commands, { commandId: 'all' });
    expect(sent.map(({ isRepeat }) => isRepeat)).toEqual(commands.map(() => false));
    const signal = AbortSignal.timeout(10_000);
    const again = await executor.executeAll(counter, 'a', commands, { commandId: 'all', signal });
    expect(again.map(({ isRepeat, nextRevision }) => [isRepeat, nextRevision])).toEqual(commands.map((_, index) => [true, BigInt(index)]));
  }, 20_000);

  it('are answered if neither their states nor their ids are kept', async () => {
    const executor = new CommandExecutor({ store: new CountingStore(), cache: { streamsMax: 0, commandIdsMax: 10 } });
    const send = (index: number, fingerprint: string) => executor.execute(counter, 'a', { by: 1 }, { commandId: `c${index}`, fingerprint });
    for (let index = 0; index < 5; index++) await send(index, 'f');
    for (let index = 0; index < 5; index++) expect(await send(index, 'f')).toMatchObject({ isRepeat: true, nextRevision: BigInt(index) });
    for (let index = 0; index < 5; index++) await expect(send(index, 'g')).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
  });

  it('hardly ever cause a read because of a wrong guess that an id is known', () => {
    const known = new KnownCommands(1);
    const place = { first: 0n, last: 0n, position: 0n } as unknown as Parameters<KnownCommands['set']>[1];
    let wrong = 0;
    for (let index = 0; index < 50_000; index++) {
      known.set(`import-${index}`, place);
      // At each size of the filter, also while it is small.
      for (let other = 0; other < 10; other++) if (known.mayHaveForgotten(`other-${index}-${other}`)) wrong++;
    }
    expect(wrong).toBeLessThan(5);
  });

  it('keep the number of ids bounded, also for repeated commands', () => {
    const known = new KnownCommands(10);
    const place = { first: 0n, last: 0n, position: 0n } as unknown as Parameters<KnownCommands['set']>[1];
    for (let index = 0; index < 1_000; index++) known.set(`c${index}`, place);
    const { bytes } = known;
    for (let round = 0; round < 50; round++) for (let index = 0; index < 1_000; index++) known.set(`c${index}`, place);
    expect(known.bytes).toBe(bytes);
  });
});

describe('the memory of states', () => {
  it('stays within its limit of bytes, whatever the size of its states', () => {
    const cache = new FoldedStreamCache({ bytesMax: 1_000_000 });
    for (let index = 0; index < 200; index++) {
      const state = { text: 'x'.repeat(100 * index), list: Array.from({ length: index }, () => ({ index })) };
      const place = { revision: undefined, position: undefined, lastEventId: undefined, held: NO_CLAIMS };
      cache.set(String(index), {
        state,
        ...place,
        commands: new KnownCommands(10),
        isIsolated: true,
        provedMs: 0,
        changesByOthers: undefined,
        snapshotDue: Infinity,
      });
    }
    // The last ones take 40 kB for their text, and 30 kB for their list.
    expect(cache.size).toBeGreaterThan(5);
    expect(cache.size).toBeLessThan(30);
    cache.set('large', {
      ...{ state: 'x'.repeat(1_000_000), revision: undefined, position: undefined, lastEventId: undefined },
      ...{ held: NO_CLAIMS, commands: new KnownCommands(10), isIsolated: true, provedMs: 0, changesByOthers: undefined, snapshotDue: Infinity },
    });
    expect(cache.has('large')).toBe(false);
  });
});

describe('a refused command that is sent again', () => {
  it('is refused again while its stream is unchanged, and decided anew once others have changed it; then it takes effect once', async () => {
    const store = new CountingStore();
    const executor = new CommandExecutor({ store });
    const command = { by: 5, upTo: 6 };
    await executor.execute(counter, 'a', { by: 2 });
    for (const again of [executor, executor, new CommandExecutor({ store })])
      await expect(again.execute(counter, 'a', command, { commandId: 'mine', fingerprint: 'f' })).rejects.toMatchObject({ code: 'COUNTER_FULL' });
    await executor.execute(counter, 'a', { by: -1 });
    expect(await executor.execute(counter, 'a', command, { commandId: 'mine', fingerprint: 'f' })).toMatchObject({ isRepeat: false });
    // From now on its answer is the effect, even if the rule would refuse it.
    expect(await executor.execute(counter, 'a', command, { commandId: 'mine', fingerprint: 'f' })).toMatchObject({
      isRepeat: true,
      nextRevision: 2n,
    });
    await expect(executor.execute(counter, 'a', command, { commandId: 'mine', fingerprint: 'g' })).rejects.toMatchObject({
      code: 'COMMAND_ID_REUSED',
    });
  });
});

describe('a wrong value in place of an event or an id', () => {
  const broken = (events: readonly unknown[]): typeof counter => ({ ...counter, decide: () => events as never });
  const executor = new CommandExecutor({ store: new CountingStore() });

  it.each([[undefined], [null], ['Counted']])('is refused by name: %s', async (event) => {
    await expect(executor.execute(broken([event]), 'a', { by: 1 })).rejects.toMatchObject({
      code: 'AGGREGATE_INVALID_DEFINITION',
      message: expect.stringContaining(String(event)) as string,
    });
  });

  it('is named as the id if it is empty', async () => {
    await expect(executor.execute(counter, '', { by: 1 })).rejects.toMatchObject({ code: 'EVENT_STORE_INVALID_INPUT', field: 'id' });
  });
});
