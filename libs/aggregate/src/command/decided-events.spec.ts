// The result of `decide` is stored as it is, or refused by name: nothing is dropped, and a program's mistake is not a
// client's.
import { defineEvents, InMemoryEventStore, type EventOf } from '@mainstem/event-store';
import { Allow, IsDate, IsInt, IsOptional } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { CommandExecutor } from './command-executor.js';

class Noted {
  @Allow() value!: unknown;
}
class Dated {
  @IsDate() at!: Date;
}
class Counted {
  @IsInt() @IsOptional() by?: number;
}
const events = defineEvents('note', { Noted, Dated, Counted });
type NoteEvent = EventOf<typeof events>;
/** Decides what it is given. */
class Decide {
  @Allow() events!: readonly NoteEvent[];
}
const note = defineAggregate({
  category: 'note',
  events,
  initialState: 0,
  evolve: (count: number) => count + 1,
  decide: ({ events: given }: Decide) => given,
});
const decide = async (...given: readonly unknown[]): Promise<unknown> => {
  const store = new InMemoryEventStore();
  const failure = await new CommandExecutor({ store }).execute(note, 'a', { events: given as readonly NoteEvent[] }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const head = await store.head();
  expect(head).toBe(failure === undefined ? BigInt(given.length) : undefined);
  return failure;
};
const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;
const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });

describe('a decision that is asynchronous', () => {
  it('is refused, and its later failure does not end the process', async () => {
    const later: unknown[] = [];
    const onLater = (reason: unknown): void => void later.push(reason);
    process.on('unhandledRejection', onLater);
    const executor = new CommandExecutor({ store: new InMemoryEventStore() });
    const fails = async (): Promise<never> => Promise.reject(new Error('later'));
    const command = { events: [{ type: 'Counted' as const, data: {} }] };
    for (const wrong of [{ decide: fails }, { evolve: fails }]) {
      const aggregate = { ...note, ...wrong } as unknown as typeof note;
      await expect(executor.execute(aggregate, 'a', command)).rejects.toThrow('must not be asynchronous');
    }
    // Node tells of them once the microtasks are done.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onLater);
    expect(later).toEqual([]);
  });
});

describe('an event that decide returns', () => {
  it.each([
    ['metadata', { metadata: { actor: 'ann' } }],
    ['occurredAt', { occurredAt: '2026-01-01T00:00:00Z' }],
    ['id', { id: 'x', extra: 1 }],
  ])('is refused with %s beside type and data, because it would be lost', async (member, more) => {
    const failure = await decide({ type: 'Counted', data: { by: 1 } }, { type: 'Counted', data: { by: 1 }, ...more });
    expect(failure).toMatchObject({ code: 'AGGREGATE_EVENT_NOT_STORABLE', stream: 'note-a', type: 'Counted' });
    expect((failure as Error).message).toContain(`member ${member}`);
  });

  it('may have members that are undefined, which hold nothing', async () => {
    expect(await decide({ type: 'Counted', data: { by: 1 }, metadata: undefined })).toBeUndefined();
  });

  it.each([
    ['a Date', { type: 'Dated', data: { at: new Date(0) } }, 'Dated.data.at'],
    ['a bigint', { type: 'Noted', data: { value: [1n] } }, 'Noted.data.value[0]'],
    ['a Map', { type: 'Noted', data: { value: new Map() } }, 'Noted.data.value'],
    ['a function', { type: 'Noted', data: { value: () => 1 } }, 'Noted.data.value'],
    ['itself', { type: 'Noted', data: { value: cyclic } }, 'Noted.data.value'],
  ])('is a mistake of the program with %s in it, not of its client', async (_, event, path) => {
    const failure = await decide(event);
    expect(failure).toMatchObject({ code: 'AGGREGATE_EVENT_NOT_STORABLE', stream: 'note-a' });
    expect((failure as Error).message).toContain(path);
    expect((failure as Error).message).toContain('Correct decide');
  });

  it.each([
    ['too deep', { type: 'Noted', data: { value: deep(80) } }],
    ['beyond numbers', { type: 'Noted', data: { value: JSON.parse('1e999') as unknown } }],
  ])('is a mistake of the client if JSON can express it: %s', async (_, event) => {
    expect(await decide(event)).toMatchObject({ code: 'EVENT_STORE_INVALID_INPUT' });
  });
});

describe('a state that cannot be frozen', () => {
  interface Site {
    readonly at: URL | undefined;
  }
  class Visit {
    @IsInt() by!: number;
  }
  const site = defineAggregate({
    category: 'note',
    events,
    initialState: { at: undefined } as Site,
    evolve: ({ at }: Site, event: NoteEvent): Site => {
      const next = new URL(at ?? 'http://localhost/0');
      if (event.type === 'Counted') next.pathname = String(Number(next.pathname.slice(1)) + (event.data.by ?? 0));
      return { at: next };
    },
    decide: ({ by }: Visit, { at }: Site) => {
      const before = Number(at?.pathname.slice(1) ?? 0);
      // A careless rule changes the state that it was given.
      if (at) at.pathname = '99';
      if (by < 0) throw new RangeError('not back');
      return [{ type: 'Counted' as const, data: { by: before + by } }];
    },
  });

  it('is folded anew for each command, also for commands that wait together and after a refused one', async () => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    const results = await Promise.allSettled([1, 1, -1, 1].map((by) => executor.execute(site, 'T', { by })));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    const counted: unknown[] = [];
    for await (const batch of store.readAll()) for (const { data } of batch) counted.push((data as Counted).by);
    // Each is the sum of those before it, plus one.
    expect(counted).toEqual([1, 2, 4]);
  });
});
