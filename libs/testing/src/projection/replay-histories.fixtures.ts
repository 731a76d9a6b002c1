// Projections that fail for every possible cause until they are mended, and their expected content from a small model.
import { defineEvents, InMemoryEventStore, streamOf, type EventId, type Position } from '@mainstem/event-store';
import {
  count,
  documentProjection,
  handlerProjection,
  Projector,
  rollUp,
  sum,
  type DocumentClass,
  type DocumentProjection,
  type HandlerProjection,
  type HostedProjection,
  type ReadStore,
} from '@mainstem/projection';
import type { MemoryTransaction } from '@mainstem/projection/adapter';
import { IsInt, IsString } from 'class-validator';
import type { SeededRandom } from '../faults/seeded-random.js';

export const CAUSES = ['key', 'payload', 'evolve', 'roll-up', 'helper'] as const;
export type Cause = (typeof CAUSES)[number];

/** The present faults: the numbers of the failing events, by cause. */
export type Faults = ReadonlyMap<Cause, ReadonlySet<number>>;
export const NO_FAULTS: Faults = new Map();

interface Note {
  /** The documents that the event belongs to. */
  readonly to: readonly string[];
  readonly place: number;
}
class NoteData {
  @IsString({ each: true }) to!: string[];
  @IsInt() place!: number;
}
export interface List {
  readonly key: string;
  readonly places: readonly number[];
}
export interface Length {
  readonly length: string;
  readonly lists: number;
  readonly total: number;
}

/** What the definition needs of its store: entities for SQL, and how a handler writes. */
export interface MendableParts<Transaction> {
  readonly list: DocumentClass<List>;
  readonly length: DocumentClass<Length>;
  readonly handled: DocumentClass<List>;
  readonly find: (transaction: Transaction, key: string) => Promise<List | undefined>;
  readonly put: (transaction: Transaction, list: List) => Promise<void>;
  readonly remove: (transaction: Transaction, key: string) => Promise<void>;
}

const ListClass = class {} as new () => List;
const LengthClass = class {} as new () => Length;

/** For stores without columns, whose handlers write as to a store in memory. */
export const PLAIN_PARTS: MendableParts<MemoryTransaction> = {
  list: ListClass,
  length: LengthClass,
  handled: ListClass,
  find: async (transaction, key) => (await transaction.find<List>('handled', [key])).get(key),
  put: (transaction, list) => transaction.upsert('handled', new Map([[list.key, list]])),
  remove: (transaction, key) => transaction.delete('handled', [key]),
};

/** One definition, whose functions look up the present faults at every call. */
export class Mendable<Transaction = MemoryTransaction> {
  faults: Faults = NO_FAULTS;
  readonly document: DocumentProjection;
  readonly handler: HandlerProjection<Transaction>;
  readonly #has = (cause: Cause, place: number): boolean => this.faults.get(cause)?.has(place) === true;

  constructor({ list: listClass, length, handled, find, put, remove }: MendableParts<Transaction>) {
    const lift = (data: Readonly<Record<string, unknown>>): object => {
      if (this.#has('payload', Number(data['place']))) throw new Error('the upcaster is wrong');
      return data;
    };
    const versioned = { data: NoteData, version: 2, upcasters: { 1: lift } };
    const events = defineEvents('note', { Put: versioned, Removed: versioned });
    /** A wrong upcaster gives a document that does not exist otherwise. */
    const nameOf = (key: string, place: number): string => (this.#has('helper', place) ? '' : key);
    const keysOf = ({ to, place }: Note): readonly string[] => {
      if (this.#has('key', place)) throw new Error('the key function is wrong');
      return to.map((key) => nameOf(key, place));
    };
    const assertFoldable = (key: string, place: number): void => {
      if (key === '' || this.#has('evolve', place)) throw new Error('evolve is wrong');
    };
    this.document = documentProjection({
      name: 'lists',
      version: 1,
      document: listClass,
      events: [events],
      key: (event) => keysOf(event.data),
      evolve: {
        Put: (list, { data: { place } }, key) => {
          assertFoldable(key, place);
          return { key, places: [...(list?.places ?? []), place] };
        },
        Removed: (_, { data: { place } }, key) => {
          assertFoldable(key, place);
          return null;
        },
      },
      rollUps: [
        rollUp(listClass, {
          name: 'lengths',
          document: length,
          keyField: 'length',
          groupBy: ({ places }) => {
            if (this.#has('roll-up', places.at(-1) ?? 0)) throw new Error('groupBy is wrong');
            return String(places.length);
          },
          measures: { lists: count(), total: sum(({ places }) => places.reduce((total, place) => total + place, 0)) },
        }),
      ],
    });
    this.handler = handlerProjection<Transaction, [typeof events]>({
      name: 'handled',
      version: 1,
      tables: { handled },
      events: [events],
      key: (event) => keysOf(event.data)[0] ?? 'none',
      apply: async (transaction, batch) => {
        for (const { type, data } of batch) {
          const key = nameOf(data.to[0] ?? 'none', data.place);
          assertFoldable(key, data.place);
          const list = await find(transaction, key);
          if (type === 'Removed') await remove(transaction, key);
          else await put(transaction, { key, places: [...(list?.places ?? []), data.place] });
        }
      },
    });
  }
}

const STREAMS = ['a', 'b', 'c', 'd'];
const KEYS = ['k1', 'k2', 'k3', 'k4'];
let lastId = 0;

/** Events of several streams that meet in the same documents. */
export class Notes {
  readonly store = new InMemoryEventStore();
  readonly events: { readonly type: string; readonly data: Note }[] = [];

  constructor(private readonly random: SeededRandom) {}

  /** Appends some events, and returns the position of the last. */
  async append(events: number): Promise<Position> {
    const { random } = this;
    let position = 0n as Position;
    for (let index = 0; index < events; index++) {
      const keys = random.int(1, 10) === 1 ? 0 : random.int(1, 2);
      const data = { to: random.shuffle(KEYS).slice(0, keys), place: this.events.length + 1 };
      const type = random.int(1, 8) === 1 ? 'Removed' : 'Put';
      const id = `00000000-0000-4000-8000-${(++lastId).toString(16).padStart(12, '0')}` as EventId;
      const appended = await this.store.append(streamOf('note', random.pick(STREAMS)), [{ id, type, data, metadata: {} }], {
        expectedRevision: 'any',
      });
      this.events.push({ type, data });
      ({ position } = appended);
    }
    return position;
  }

  /**
   * Up to four events, past or future, each with its own cause. The upcaster fails only for future events: if it moved
   * events that were already applied, the read model would be another one, and no replay could mend it.
   */
  faults(causes: readonly Cause[]): Faults {
    const faults = new Map<Cause, Set<number>>();
    for (let index = this.random.int(1, 4); index > 0; index--) {
      const cause = this.random.pick(causes);
      const first = cause === 'helper' ? this.events.length + 1 : 1;
      faults.set(cause, (faults.get(cause) ?? new Set()).add(this.random.int(first, this.events.length + 20)));
    }
    return faults;
  }

  /** The documents of a run without failures. */
  lists(keysOf: (note: Note) => readonly string[] = ({ to }) => to): Map<string, List> {
    const lists = new Map<string, List>();
    for (const { type, data } of this.events) {
      for (const key of keysOf(data)) {
        if (type === 'Removed') lists.delete(key);
        else lists.set(key, { key, places: [...(lists.get(key)?.places ?? []), data.place] });
      }
    }
    return lists;
  }
}

/** The roll-up's content for lists. */
export const lengthsOf = (lists: Iterable<List>): object => {
  const lengths: Record<string, { -readonly [Field in keyof Length]: Length[Field] }> = {};
  for (const { places } of lists) {
    const length = String(places.length);
    const group = (lengths[length] ??= { length, lists: 0, total: 0 });
    group.lists++;
    group.total += places.reduce((total, place) => total + place, 0);
  }
  return lengths;
};

const TIMEOUT = { timeoutMs: 30_000 };
const CHUNKS_MAX = 4;

/** Appends, fails, restarts and replays at random; then mends everything and replays. */
export const live = async <Transaction>(
  mendable: Mendable<Transaction>,
  hosted: HostedProjection,
  random: SeededRandom,
  causes: readonly Cause[],
): Promise<Notes> => {
  const notes = new Notes(random.fork('notes'));
  const { name } = hosted.projection;
  const start = (): Projector => {
    const recovery = { onFailure: 'park', attemptsMax: random.int(1, 2), retryDelayMs: 0, retryDelayMaxMs: 1 } as const;
    const projector = new Projector({ reader: notes.store, projections: [{ ...hosted, recovery }], batchSizeMax: random.pick([1, 5, 100]) });
    projector.start();
    return projector;
  };
  let projector = start();
  try {
    for (let chunk = random.int(1, CHUNKS_MAX); chunk > 0; chunk--) {
      mendable.faults = notes.faults(causes);
      const position = await notes.append(random.int(1, 20));
      await projector.waitFor(name, position, TIMEOUT);
      if (random.int(1, 3) === 1) {
        await projector.stop();
        projector = start();
        await projector.waitFor(name, position, TIMEOUT);
      }
      if (random.int(1, 3) === 1) await projector.replayParked(name);
    }
    mendable.faults = NO_FAULTS;
    for (const { key } of random.shuffle(await hosted.store.parked(name, 3))) await projector.replayParked(name, { key });
    await projector.replayParked(name);
  } finally {
    await projector.stop();
  }
  return notes;
};

/** The content of a serving collection, by key, without the engine's bookkeeping. */
export const documentsIn = async (store: ReadStore, projection: string, collection: string): Promise<Record<string, object>> => {
  const serving = (await store.generations(projection)).find(({ state }) => state === 'serving');
  const found = await store.scan(projection, serving?.number ?? 0, collection, { limit: 1_000 });
  const shown = found.map(([key, stored]): readonly [string, object] => {
    const { $state: _, ...document } = stored as Readonly<Record<string, unknown>>;
    return [key, document];
  });
  return Object.fromEntries(shown);
};
