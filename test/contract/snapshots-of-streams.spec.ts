// Snapshots in one file serve every event store: streams are read on from them, and answers are those of the stream.
import { CommandExecutor, defineAggregate, type SnapshotTold } from '@mainstem/aggregate';
import { EmbeddedEventStore, EmbeddedSnapshotStore } from '@mainstem/embedded';
import { defineEvents, InMemoryEventStore, streamOf, type EventStore, type RecordedEvent } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { IsInt } from 'class-validator';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

class PassedData {
  @IsInt() number!: number;
  @IsInt() before!: number;
}
const turnstile = defineAggregate({
  category: 'turnstile',
  events: defineEvents('turnstile', { Passed: PassedData }),
  initialState: { count: 0 },
  snapshot: { every: 10 },
  evolve: ({ count }: { readonly count: number }) => ({ count: count + 1 }),
  decide: ({ number }: { readonly number: number }, { count }) => [{ type: 'Passed' as const, data: { number, before: count } }],
});
const COMMANDS = 45;

interface Opened {
  readonly store: EventStore;
  readonly close: () => Promise<void>;
}

const STORES: Readonly<Record<string, (dir: string) => Promise<Opened>>> = {
  'in memory': async () => {
    const store = new InMemoryEventStore();
    return { store, close: () => store.close() };
  },
  embedded: async (dir) => {
    const store = await EmbeddedEventStore.open({ dir });
    return { store, close: () => store.close() };
  },
  EventStoreDB: async (dir) => {
    const server = await EventStoreDbServer.start({ dir, port: 0 });
    const store = await EventStoreDbEventStore.open({ connectionString: `esdb://127.0.0.1:${server.port}?tls=false` });
    const close = async (): Promise<void> => {
      await store.close();
      await server.stop();
    };
    return { store, close };
  },
};

let dir: string;
let snapshots: EmbeddedSnapshotStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-snapshots-'));
  snapshots = new EmbeddedSnapshotStore({ dir });
});
afterEach(async () => {
  await snapshots.close();
  await rm(dir, { recursive: true });
});

/** One process: what it was told of snapshots, and when the next one is taken. */
class Process {
  readonly told: SnapshotTold[] = [];
  readonly executor: CommandExecutor;
  #onTaken: (() => void) | undefined;

  constructor(store: EventStore) {
    // Few places: most ids are known by the filter alone.
    this.executor = new CommandExecutor({ store, snapshots, cache: { commandIdsMax: 30 }, onSnapshot: (one) => this.#tell(one) });
  }

  async send(
    number: number,
    isTaken = false,
  ): Promise<{ readonly revision: number; readonly isRepeat: boolean; readonly position: bigint | undefined }> {
    const taken = isTaken ? new Promise<void>((resolve) => (this.#onTaken = resolve)) : undefined;
    const answer = await this.executor.execute(turnstile, 'a', { number }, { commandId: `c${number}`, fingerprint: String(number) });
    await taken;
    return { revision: Number(answer.nextRevision), isRepeat: answer.isRepeat, position: answer.position };
  }

  outcomes(): readonly string[] {
    return this.told.map(({ outcome }) => outcome);
  }

  #tell(one: SnapshotTold): void {
    this.told.push(one);
    if (one.outcome === 'taken') this.#onTaken?.();
  }
}

/** Sends commands, and waits for each snapshot that is due. */
const fill = async (store: EventStore, from = 0, to = COMMANDS): Promise<readonly (bigint | undefined)[]> => {
  const first = new Process(store);
  const positions: (bigint | undefined)[] = [];
  for (let number = from; number < to; number++) positions.push((await first.send(number, number % 10 === 9)).position);
  return positions;
};

describe.each(Object.keys(STORES))('snapshots beside the event store %s', (name) => {
  it('are used by each fresh process, which answers every earlier command as before', async () => {
    const { store, close } = await (STORES[name] as (typeof STORES)[string])(dir);
    try {
      const positions = await fill(store);
      const reads: number[] = [];
      const watched = reading(store, reads);
      const fresh = new Process(watched);
      expect(await fresh.send(COMMANDS)).toMatchObject({ revision: COMMANDS, isRepeat: false });
      expect(fresh.outcomes()[0]).toBe('used');
      // The event of the snapshot, and the five after it.
      expect(reads.reduce((sum, count) => sum + count, 0)).toBe(6);
      for (let number = 0; number < COMMANDS; number++)
        expect(await new Process(store).send(number)).toEqual({ revision: number, isRepeat: true, position: positions[number] });
      const reused = new Process(store).executor.execute(turnstile, 'a', { number: 3 }, { commandId: 'c3', fingerprint: 'other' });
      await expect(reused).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
      const befores: number[] = [];
      for await (const events of store.readStream(streamOf('turnstile', 'a')))
        for (const { data } of events) befores.push((data as PassedData).before);
      expect(befores).toEqual(befores.map((_, index) => index));
    } finally {
      await close();
    }
  });
});

it('snapshots of one file belong to one event store each', async () => {
  const stores = [new InMemoryEventStore(), new InMemoryEventStore()] as const;
  await fill(stores[0]);
  const other = new Process(stores[1]);
  expect(await other.send(7)).toMatchObject({ revision: 0, isRepeat: false });
  expect(other.outcomes()).toEqual([]);
  const again = new Process(stores[0]);
  expect(await again.send(7)).toMatchObject({ revision: 7, isRepeat: true });
  expect(again.outcomes()).toEqual(['used']);
});

/** Notes how many events each read of a stream gives, until the first append. */
const reading = (store: EventStore, counts: number[]): EventStore => {
  let isAppended = false;
  return new Proxy(store, {
    get: (target, member) => {
      if (member === 'append') return (...given: Parameters<EventStore['append']>) => ((isAppended = true), target.append(...given));
      if (member === 'readStream') {
        return async function* (...given: Parameters<EventStore['readStream']>): AsyncGenerator<readonly RecordedEvent[]> {
          for await (const batch of target.readStream(...given)) {
            if (!isAppended) counts.push(batch.length);
            yield batch;
          }
        };
      }
      const value: unknown = Reflect.get(target, member, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
};
