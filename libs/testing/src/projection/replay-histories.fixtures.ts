// Projections that fail for every cause there is until they are mended, and what they have to hold in the end, told by a model of a few lines.
import { defineEvents, InMemoryEventStore, streamOf, type EventId, type Position } from '@mainstem/event-store';
import {
  count,
  documentProjection,
  handlerProjection,
  rollUp,
  sum,
  type DocumentProjection,
  type HandlerProjection,
  type MemoryTransaction,
} from '@mainstem/projection';
import type { SeededRandom } from '../faults/seeded-random.js';

export const CAUSES = ['key', 'payload', 'evolve', 'roll-up', 'helper'] as const;
export type Cause = (typeof CAUSES)[number];

/** What is wrong at the moment: the numbers of the events at fault, by cause. */
export type Faults = ReadonlyMap<Cause, ReadonlySet<number>>;
export const NO_FAULTS: Faults = new Map();

interface Note {
  /** The documents that it belongs to. */
  readonly to: readonly string[];
  readonly place: number;
}
class NoteData {
  to!: string[];
  place!: number;
}
interface List {
  readonly key: string;
  readonly places: readonly number[];
}
const ListClass = class {} as new () => List;
const LengthClass = class {} as new () => { length: string; lists: number; total: number };

/** One definition, whose functions look up at every call what is wrong. */
export class Mendable {
  faults: Faults = NO_FAULTS;
  readonly document: DocumentProjection;
  readonly handler: HandlerProjection<MemoryTransaction>;
  readonly #has = (cause: Cause, place: number): boolean => this.faults.get(cause)?.has(place) === true;

  constructor() {
    const lift = (data: Readonly<Record<string, unknown>>): object => {
      if (this.#has('payload', Number(data['place']))) throw new Error('the upcaster is wrong');
      return data;
    };
    const versioned = { data: NoteData, version: 2, upcasters: { 1: lift } };
    const events = defineEvents('note', { Put: versioned, Removed: versioned });
    /** Where it is wrong it gives a document that is nobody's. */
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
      document: ListClass,
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
        rollUp(ListClass, {
          name: 'lengths',
          document: LengthClass,
          keyField: 'length',
          groupBy: ({ places }) => {
            if (this.#has('roll-up', places.at(-1) ?? 0)) throw new Error('groupBy is wrong');
            return String(places.length);
          },
          measures: { lists: count(), total: sum(({ places }) => places.reduce((total, place) => total + place, 0)) },
        }),
      ],
    });
    this.handler = handlerProjection<MemoryTransaction, [typeof events]>({
      name: 'handled',
      version: 1,
      tables: { handled: ListClass },
      events: [events],
      key: (event) => keysOf(event.data)[0] ?? 'none',
      apply: async (transaction, batch) => {
        for (const { type, data } of batch) {
          const key = nameOf(data.to[0] ?? 'none', data.place);
          assertFoldable(key, data.place);
          const list = (await transaction.find<List>('handled', [key])).get(key);
          if (type === 'Removed') await transaction.delete('handled', [key]);
          else await transaction.upsert('handled', new Map([[key, { key, places: [...(list?.places ?? []), data.place] }]]));
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

  /** Appends some, and gives the position of the last. */
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
   * Up to four events among those so far and the next ones, each with a cause of its own. The helper is wrong about the next ones alone: a helper that gives
   * other documents to events that were applied before makes it another read model, which no replay mends.
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

  /** The documents after a run that never failed. */
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

/** What the roll-up says of lists. */
export const lengthsOf = (lists: Iterable<List>): object => {
  const lengths: Record<string, { length: string; lists: number; total: number }> = {};
  for (const { places } of lists) {
    const length = String(places.length);
    const group = (lengths[length] ??= { length, lists: 0, total: 0 });
    group.lists++;
    group.total += places.reduce((total, place) => total + place, 0);
  }
  return lengths;
};
