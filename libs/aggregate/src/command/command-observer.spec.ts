// What an observer of commands learns; its trace context changes nothing else about events.
import { defineEvents, InMemoryEventStore, streamOf, type EventOf, type RecordedEvent } from '@mainstem/event-store';
import { IsInt } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { CommandRefused } from '../errors.js';
import { CommandExecutor } from './command-executor.js';
import type { CommandContext } from './command-context.js';
import type { CommandEnd, CommandObserver, ObservedCommand } from './command-observer.js';

class AddedData {
  @IsInt() amount!: number;
}
const sumEvents = defineEvents('sum', { Added: AddedData });
class Add {
  @IsInt() amount!: number;
}
class SumTooLarge extends CommandRefused {
  constructor() {
    super('SUM_TOO_LARGE', 'Enough.');
  }
}
const sum = defineAggregate({
  category: 'sum',
  events: sumEvents,
  initialState: 0,
  evolve: (state: number, event: EventOf<typeof sumEvents>) => state + event.data.amount,
  decide: ({ amount }: Add, state) => {
    if (state + amount > 10) throw new SumTooLarge();
    return amount === 0 ? [] : [{ type: 'Added' as const, data: { amount } }];
  },
});
const add = (amount: number): Add => Object.assign(new Add(), { amount });
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

interface Told {
  readonly command: string;
  readonly end: CommandEnd;
  readonly appends: readonly string[];
}
const noting = (told: Told[], traceparent?: string): CommandObserver => ({
  executing: ({ command, category, id }) => {
    const appends: string[] = [];
    return {
      traceparent,
      appending: (events) => void appends.push(`${events}`),
      appended: (error) => void appends.push(error === undefined ? 'ok' : 'failed'),
      ended: (end) => void told.push({ command: `${command} ${category}-${id}`, end, appends }),
    };
  },
});
const eventsOf = async (store: InMemoryEventStore): Promise<readonly RecordedEvent[]> => {
  const all: RecordedEvent[] = [];
  for await (const batch of store.readStream(streamOf('sum', 'a'))) all.push(...batch);
  return all;
};

describe('an observer of commands', () => {
  it.each([
    ['takes effect', [[5, 'one']], 'effect', 1],
    ['changes nothing', [[0, 'one']], 'no-effect', 0],
    [
      'is repeated',
      [
        [5, 'one'],
        [5, 'one'],
      ],
      'repeat',
      0,
    ],
    ['is refused', [[11, 'one']], 'refused', 0],
    ['is invalid', [[0.5, 'one']], 'invalid', 0],
  ] as const)('learns once how a command that %s has ended', async (_, commands, outcome, events) => {
    const told: Told[] = [];
    const executor = new CommandExecutor({ store: new InMemoryEventStore(), observe: noting(told) });
    for (const [amount, commandId] of commands) await executor.execute(sum, 'a', add(amount), { commandId }).catch(() => undefined);
    expect(told).toHaveLength(commands.length);
    expect(told.at(-1)).toMatchObject({ command: 'Add sum-a', end: { outcome, events } });
  });

  it('learns the metadata of the context', async () => {
    const told: (ObservedCommand['metadata'] | 'none')[] = [];
    const observe: CommandObserver = {
      executing: (command) => {
        told.push(command.metadata ?? 'none');
        return { appending: () => undefined, appended: () => undefined, ended: () => undefined };
      },
    };
    const executor = new CommandExecutor({ store: new InMemoryEventStore(), observe });
    await executor.execute(sum, 'a', add(1), { commandId: 'one', metadata: { actor: 'dr-who' } });
    await executor.executeAll(sum, 'a', [add(1), add(1)], { commandId: 'two', metadata: { tenant: 'ward7' } });
    await executor.execute(sum, 'a', add(1));
    expect(told).toEqual([{ actor: 'dr-who' }, { tenant: 'ward7' }, { tenant: 'ward7' }, 'none']);
  });

  it('does not change the refusal of an invalid context', async () => {
    const told: Told[] = [];
    const executor = new CommandExecutor({ store: new InMemoryEventStore(), observe: noting(told) });
    for (const context of [null, 5, 'text']) {
      await expect(executor.execute(sum, 'a', add(1), context as unknown as CommandContext)).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
    }
    expect(told.map(({ end }) => end.outcome)).toEqual(['invalid', 'invalid', 'invalid']);
  });

  it('learns of every append, also of a failed one, and does not change the failure', async () => {
    const told: Told[] = [];
    const store = new InMemoryEventStore();
    store.append = () => Promise.reject(new Error('no room'));
    const executor = new CommandExecutor({ store, observe: noting(told) });
    await expect(executor.execute(sum, 'a', add(1))).rejects.toThrow('no room');
    expect(told).toMatchObject([{ end: { outcome: 'failed', events: 0 }, appends: ['1', 'failed'] }]);
  });

  it('learns of no append if the event is too large', async () => {
    const told: Told[] = [];
    const executor = new CommandExecutor({ store: new InMemoryEventStore({ limits: { eventBytesMax: 10 } }), observe: noting(told) });
    await expect(executor.execute(sum, 'a', add(1))).rejects.toMatchObject({ code: 'EVENT_STORE_EVENT_TOO_LARGE' });
    expect(told).toMatchObject([{ end: { outcome: 'failed', events: 0 }, appends: [] }]);
  });

  it('gives events its trace context, and changes nothing else about them', async () => {
    const [traced, plain] = [new InMemoryEventStore(), new InMemoryEventStore()];
    await new CommandExecutor({ store: traced, observe: noting([], TRACEPARENT) }).execute(sum, 'a', add(1), { commandId: 'one' });
    await new CommandExecutor({ store: plain }).execute(sum, 'a', add(1), { commandId: 'one' });
    const [[event], [other]] = [await eventsOf(traced), await eventsOf(plain)];
    expect(event?.metadata).toEqual({ ...other?.metadata, traceparent: TRACEPARENT });
    expect({ id: event?.id, type: event?.type, data: event?.data }).toEqual({ id: other?.id, type: other?.type, data: other?.data });
  });

  it('cannot store an invalid trace context', async () => {
    const store = new InMemoryEventStore();
    await new CommandExecutor({ store, observe: noting([], 'anything') }).execute(sum, 'a', add(1));
    expect((await eventsOf(store))[0]?.metadata).not.toHaveProperty('traceparent');
  });

  it('treats a repeat with another trace context as the same command', async () => {
    const store = new InMemoryEventStore();
    await new CommandExecutor({ store, observe: noting([], TRACEPARENT) }).execute(sum, 'a', add(1), { commandId: 'one' });
    const again = new CommandExecutor({ store, observe: noting([], TRACEPARENT.replace('b7', 'c7')) });
    expect(await again.execute(sum, 'a', add(1), { commandId: 'one' })).toMatchObject({ isRepeat: true });
    expect(await eventsOf(store)).toHaveLength(1);
  });
});
