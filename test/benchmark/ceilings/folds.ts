// Folds of the reference application's projections in plain maps: the same pure functions, no engine.
import type { RecordedEvent } from '@mainstem/event-store';
import type { AnyProjection, DocumentClass, Measure, RollUp } from '@mainstem/projection';
import type { SqlTransaction } from '@mainstem/sql';

type Row = Record<string, unknown>;
/** Rows to write, by collection and key; undefined means delete. */
export type Changes = Map<string, Map<string, object | undefined>>;
export type Fold = (events: readonly RecordedEvent[]) => Promise<Changes>;
type DocumentProjection = Extract<AnyProjection, { readonly kind: 'document' }>;
type HandlerProjection = Extract<AnyProjection, { readonly kind: 'handler' }>;

/** `keyFieldOf`: the field of a handler's rows that holds their key. */
export const foldOf = (projection: AnyProjection, keyFieldOf: (document: DocumentClass) => string): Fold =>
  projection.kind === 'document' ? documentFold(projection) : handlerFold(projection, keyFieldOf);

const documentFold = (projection: DocumentProjection): Fold => {
  const documents = new Map<string, object>();
  const rollUps = projection.rollUps.map((rollUp) => new Groups(rollUp));
  return async (events) => {
    const before = new Map<string, object | undefined>();
    for (const event of events) {
      const evolve = projection.evolve.get(event.type);
      if (!evolve) continue;
      const keys = projection.key(event);
      for (const key of typeof keys === 'string' ? [keys] : (keys ?? [])) {
        const document = documents.get(key);
        const next = evolve(document ?? null, event, key);
        if (next === document) continue;
        if (!before.has(key)) before.set(key, document);
        if (next) documents.set(key, next);
        else documents.delete(key);
      }
    }
    const changes: Changes = new Map([[projection.name, new Map([...before.keys()].map((key) => [key, documents.get(key)]))]]);
    for (const groups of rollUps) changes.set(groups.name, groups.follow(before, documents));
    return changes;
  };
};

/** Sums in thousandths; extremes only ever move outwards in this data. */
class Groups {
  readonly #groups = new Map<string, Row>();
  readonly #measures: readonly (readonly [string, Measure<object>])[];

  constructor(private readonly rollUp: RollUp<object>) {
    this.#measures = Object.entries(rollUp.measures);
  }

  get name(): string {
    return this.rollUp.name;
  }

  follow(before: ReadonlyMap<string, object | undefined>, after: ReadonlyMap<string, object>): Map<string, object> {
    const touched = new Set<string>();
    for (const [key, old] of before) {
      this.#add(old, -1, touched);
      this.#add(after.get(key), 1, touched);
    }
    return new Map([...touched].map((name) => [name, this.#shown(this.#groups.get(name) as Row)]));
  }

  #add(document: object | undefined, sign: 1 | -1, touched: Set<string>): void {
    const name = document && this.rollUp.groupBy(document);
    if (!document || typeof name !== 'string') return;
    touched.add(name);
    let group = this.#groups.get(name);
    if (!group) this.#groups.set(name, (group = { [this.rollUp.keyField]: name }));
    for (const [field, measure] of this.#measures) group[field] = moved(measure, group[field], document, sign);
  }

  #shown(group: Row): Row {
    const shown = { ...group };
    for (const [field, measure] of this.#measures) if (measure.kind === 'decimal-sum') shown[field] = (Number(group[field]) / 1_000).toFixed(3);
    return shown;
  }
}

const moved = (measure: Measure<object>, total: unknown, document: object, sign: 1 | -1): unknown => {
  switch (measure.kind) {
    case 'count':
      return Number(total ?? 0) + (measure.where(document) ? sign : 0);
    case 'sum':
      return Number(total ?? 0) + sign * measure.value(document);
    case 'decimal-sum':
      return Number(total ?? 0) + sign * Math.round(Number(measure.value(document)) * 1_000);
    case 'min':
    case 'max': {
      const value = measure.value(document);
      if (sign < 0 || value === null || total === value) return total;
      return total === undefined || total === null || (measure.kind === 'min' ? value < (total as string) : value > (total as string))
        ? value
        : total;
    }
  }
};

/** The handler's own code on maps instead of tables. */
const handlerFold = (projection: HandlerProjection, keyFieldOf: (document: DocumentClass) => string): Fold => {
  const tables = new Map<string, Map<string, object>>(projection.collections.map(({ name }) => [name, new Map()]));
  const keyFields = new Map(projection.collections.map(({ name, document }) => [name, keyFieldOf(document)]));
  return async (events) => {
    const changes: Changes = new Map(projection.collections.map(({ name }) => [name, new Map()]));
    const transaction: Pick<SqlTransaction, 'find' | 'upsert' | 'delete'> = {
      find: async <T extends object>(collection: string, keys: readonly string[]) => {
        const table = tables.get(collection) as Map<string, T>;
        return new Map(keys.flatMap((key) => (table.has(key) ? [[key, table.get(key) as T] as const] : [])));
      },
      upsert: async (collection, rows) => {
        for (const row of rows) {
          const key = (row as Row)[keyFields.get(collection) as string] as string;
          tables.get(collection)?.set(key, row);
          changes.get(collection)?.set(key, row);
        }
      },
      delete: async (collection, keys) => {
        for (const key of keys) if (tables.get(collection)?.delete(key)) changes.get(collection)?.set(key, undefined);
      },
    };
    await projection.apply(transaction as never, events.filter(({ type }) => projection.wanted.has(type)) as never);
    return changes;
  };
};
