// Random histories of commands: refused, slow, in conflict or aborted, they are stored in the order sent, and all end.
import { defineEvents, InMemoryEventStore, streamOf, systemRuntime, type EventOf, type RecordedEvent, type Runtime } from '@mainstem/event-store';
import { IsInt } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { loadAggregate } from '../aggregate/load-aggregate.js';
import { CommandRefused } from '../errors.js';
import { AppendTurns, type AppendTurn } from './append-turn.js';
import { CommandExecutor } from './command-executor.js';
import { dawdle, FIRST_SEED, randomOf, RUNS } from './random-histories.fixtures.js';

class NotedData {
  @IsInt() number!: number;
}
const noteEvents = defineEvents('note', { Noted: NotedData });

class Unwanted extends CommandRefused {
  constructor() {
    super('NOTE_UNWANTED', 'This note is not wanted.');
  }
}

interface Note {
  readonly number: number;
  readonly parts: number;
  readonly isRefused: boolean;
}

const note = defineAggregate({
  category: 'note',
  events: noteEvents,
  initialState: [] as readonly number[],
  evolve: (numbers: readonly number[], event: EventOf<typeof noteEvents>) => [...numbers, event.data.number],
  decide: ({ number, parts, isRefused }: Note) => {
    if (isRefused) throw new Unwanted();
    return Array.from({ length: parts }, () => ({ type: 'Noted' as const, data: { number } }));
  },
});

class SlowStore extends InMemoryEventStore {
  constructor(private readonly random: () => number) {
    super();
  }

  // The order is that of the calls; only the answers are slow.
  override async append(...given: Parameters<InMemoryEventStore['append']>): ReturnType<InMemoryEventStore['append']> {
    const result = await super.append(...given);
    await dawdle(this.random);
    return result;
  }

  override async *readStream(...given: Parameters<InMemoryEventStore['readStream']>): AsyncGenerator<readonly RecordedEvent[]> {
    await dawdle(this.random);
    yield* super.readStream(...given);
  }
}

const storedNumbers = async (store: InMemoryEventStore): Promise<readonly number[]> => {
  const numbers: number[] = [];
  for await (const batch of store.readAll()) for (const { data } of batch) numbers.push((data as NotedData).number);
  return numbers;
};

describe(`commands with turns, from seed ${FIRST_SEED}`, () => {
  const runtime: Runtime = { ...systemRuntime, sleep: async () => undefined };

  it.each(Array.from({ length: RUNS }, (_, index) => FIRST_SEED + index))(
    'are stored in the order of the turns, and all end: seed %i',
    async (seed) => {
      const random = randomOf(seed);
      const store = new SlowStore(random);
      const executor = new CommandExecutor({ store, runtime, cache: { streamsMax: Math.floor(random() * 4) } });
      const streams = 1 + Math.floor(random() * 5);
      // Two sequences of turns over the same streams: each has its own order, and neither may block the other.
      const sequences = [new AppendTurns(), new AppendTurns()];
      const expected: number[][] = [[], []];
      const aborted = new Set<number>();
      const send = async (number: number, turns: readonly { readonly which: number; readonly turn: AppendTurn }[]): Promise<void> => {
        const id = String(Math.floor(random() * streams));
        const [own] = turns;
        const parts = 1 + Math.floor(random() * 3);
        const isRefused = random() < 0.15;
        const abort = new AbortController();
        const isAborted = random() < 0.1;
        if (isAborted) aborted.add(number);
        else if (!isRefused && own) expected[own.which]?.push(...Array.from({ length: parts }, () => number));
        try {
          await dawdle(random);
          const context = { commandId: `c${number}`, signal: abort.signal, ...(own && { appendTurn: own.turn }) };
          const executed = executor.execute(note, id, { number, parts, isRefused }, context).catch((error: { code?: string }) => error.code);
          if (isAborted) void dawdle(random).then(() => abort.abort());
          expect([isRefused ? 'NOTE_UNWANTED' : 'effect', isAborted ? 'EVENT_STORE_ABORTED' : undefined]).toContain(
            await executed.then((outcome) => (typeof outcome === 'object' ? 'effect' : outcome)),
          );
        } finally {
          own?.turn.release();
        }
      };
      const sent = Array.from({ length: 60 }, (_, number) => {
        const which = number % 3;
        const turns = sequences[which];
        return send(number, turns ? [{ which, turn: turns.take() }] : []);
      });
      await Promise.all(sent);
      const stored = (await storedNumbers(store)).filter((number) => !aborted.has(number));
      expect(stored.filter((number) => number % 3 === 0)).toEqual(expected[0]);
      expect(stored.filter((number) => number % 3 === 1)).toEqual(expected[1]);
      expect(executor.troubles()).toEqual([]);
    },
  );

  it('keep their order on a stream that others change, and on one that is set back', async () => {
    const store = new SlowStore(randomOf(FIRST_SEED));
    const executors = [new CommandExecutor({ store, runtime }), new CommandExecutor({ store, runtime })];
    await Promise.all(
      Array.from({ length: 40 }, (_, number) =>
        executors[number % 2]?.execute(note, 'shared', { number, parts: 1, isRefused: false }, { commandId: `c${number}` }),
      ),
    );
    const { state } = await loadAggregate(store, note, 'shared');
    // Each executor keeps the order of its own commands.
    expect(state.filter((number) => number % 2 === 0)).toEqual(Array.from({ length: 20 }, (_, index) => 2 * index));
    expect(state.filter((number) => number % 2 === 1)).toEqual(Array.from({ length: 20 }, (_, index) => 2 * index + 1));
    expect(await store.head()).toBe(40n);
    expect(streamOf('note', 'shared')).toBe('note-shared');
  });
});
