// Shared by the engine's specs: a projection that counts and fails on demand, and a read store that fails on demand.
import {
  defineEvents,
  InMemoryEventStore,
  streamOf,
  systemRuntime,
  type EventId,
  type Position,
  type RecordedEvent,
  type Runtime,
} from '@mainstem/event-store';
import { IsInt } from 'class-validator';
import { documentProjection, type DocumentProjection } from './definition/document-projection.js';
import { count, max, sum } from './definition/measures.js';
import { rollUp } from './definition/roll-up.js';
import { MemoryReadStore } from './memory/memory-read-store.js';
import type { CommitBatch, ProjectionDescriptor } from './read-store/read-store.js';
import type { MemorySession } from './memory/memory-session.js';

/** A pause before the next look at a store is at most a second; what is longer is a deadline. */
const PAUSE_MAX_MS = 1_000;

/** Its pauses are a thirtieth as long, so that no test waits for the next look. Deadlines are as long as ever. */
export const impatient: Runtime = {
  ...systemRuntime,
  sleep: (ms, signal) => systemRuntime.sleep(ms > PAUSE_MAX_MS ? ms : ms / 30, signal),
};
/** Thirty seconds pass in one for it, so it soon sees that another process is dead. */
export const hurried: Runtime = {
  ...systemRuntime,
  monotonic: () => systemRuntime.monotonic() * 30,
  sleep: (ms, signal) => systemRuntime.sleep(ms / 30, signal),
};

export class AddedData {
  @IsInt() amount!: number;
}
export const tallyEvents = defineEvents('tally', { Added: AddedData, Cleared: class {} });

export interface Tally {
  readonly key: string;
  readonly total: number;
  /** In order of folding: it shows exchange, loss and repetition. */
  readonly amounts: readonly number[];
}
class TallyClass {}
class SizeClass {}

export interface TallyOptions {
  readonly name?: string;
  readonly version?: number;
  /** Called for every folded event; may throw. */
  readonly onFold?: (event: RecordedEvent, key: string) => void;
  /** Called for the key of every event; may throw. */
  readonly onKey?: (event: RecordedEvent) => void;
}

/** Counts by stream; its roll-up `<name>-sizes` groups the counts by their number of amounts. */
export const tallyProjection = ({ name = 'tally', version = 1, onFold, onKey }: TallyOptions = {}): DocumentProjection => {
  const Document = TallyClass as new () => Tally;
  return documentProjection({
    name,
    version,
    document: Document,
    events: [tallyEvents],
    key: (event) => {
      onKey?.(event);
      return event.stream;
    },
    evolve: {
      Added: (tally, event, key) => {
        onFold?.(event, key);
        const { amount } = event.data;
        return { key, total: (tally?.total ?? 0) + amount, amounts: [...(tally?.amounts ?? []), amount] };
      },
      Cleared: (_, event, key) => {
        onFold?.(event, key);
        return null;
      },
    },
    rollUps: [
      rollUp(Document, {
        name: `${name}-sizes`,
        document: SizeClass as new () => { size: string; tallies: number; total: number; max: number | null },
        keyField: 'size',
        groupBy: (tally) => String(tally.amounts.length),
        measures: { tallies: count(), total: sum((tally) => tally.total), max: max((tally) => tally.total) },
      }),
    ],
  });
};

let lastId = 0;

/** Appends one event to the stream `tally-<id>`; a type other than `Added` has no amount. */
export const append = async (store: InMemoryEventStore, id: string, amount: number, type = 'Added'): Promise<Position> => {
  const eventId = `00000000-0000-4000-8000-${(++lastId).toString(16).padStart(12, '0')}` as EventId;
  const event = { id: eventId, type, data: type === 'Added' ? { amount } : {}, metadata: {} };
  return (await store.append(streamOf('tally', id), [event], { expectedRevision: 'any' })).position;
};

/** Streams a, b and c in turn, with the amounts 1, 2, 3, …; every seventh event is unwanted. */
export const filledStore = async (events: number): Promise<InMemoryEventStore> => {
  const store = new InMemoryEventStore();
  for (let index = 1; index <= events; index++) await append(store, 'abc'.charAt(index % 3), index, index % 7 === 0 ? 'Foreign' : 'Added');
  return store;
};

/** The same event store, restored to its first events, without those after the backup. */
export const restoredTo = async (store: InMemoryEventStore, events: number): Promise<InMemoryEventStore> => {
  const restored = new InMemoryEventStore({ runtime: { ...systemRuntime, uuid: () => store.incarnation } });
  for await (const page of store.readAll({ limit: events }))
    for (const { stream, id, type, data, metadata } of page)
      await restored.append(stream, [{ id, type, data, metadata }], { expectedRevision: 'any' });
  return restored;
};

/** All documents and roll-ups of a projection, as plain objects. */
export const dump = (store: MemoryReadStore, name = 'tally'): object => ({
  documents: Object.fromEntries(store.documents(name)),
  sizes: Object.fromEntries(store.documents(`${name}-sizes`)),
});

export type CommitHook = (batch: CommitBatch, commit: () => Promise<void>) => Promise<void>;

/** A read store in memory whose commits pass through a hook, which may delay or fail them, or lose their answers. */
export class HookedReadStore extends MemoryReadStore {
  commits = 0;
  /** Opened and not closed yet. */
  openSessions = 0;
  onCommit: CommitHook = (_, commit) => commit();

  override async open(projection: ProjectionDescriptor, generation: number, partition?: number): Promise<MemorySession> {
    const session = await super.open(projection, generation, partition);
    this.openSessions++;
    const close = session.close.bind(session);
    session.close = async () => {
      session.close = close;
      this.openSessions--;
      await close();
    };
    const commit = session.commit.bind(session);
    session.commit = async (batch) => {
      this.commits++;
      await this.onCommit(batch, () => commit(batch));
    };
    return session;
  }
}

/** Resolves when the condition holds, checking every millisecond; rejects after four seconds. */
export const until = async (condition: () => boolean | Promise<boolean>, what = 'the condition'): Promise<void> => {
  const deadline = systemRuntime.monotonic() + 4_000;
  while (!(await condition())) {
    if (systemRuntime.monotonic() > deadline) throw new Error(`${what} did not come true within 4 s`);
    await systemRuntime.sleep(1);
  }
};
