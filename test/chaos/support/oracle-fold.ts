// The expected read models, computed without the engine: plain loops over the recorded events.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import type { DocumentProjection, HandlerProjection, Measure, RollUp } from '@mainstem/projection';
import type { ProjectionDocument } from '@mainstem/projection/adapter';
import type { SqlTransaction } from '@mainstem/sql';
import { getMetadataArgsStorage } from 'typeorm';
import { compare } from './canonical.js';

/** Documents by key, by collection. Groups of roll-ups carry the bookkeeping of the engine in `$state`, as stored. */
export type Collections = Map<string, Map<string, object>>;

export type AnyProjection = DocumentProjection | HandlerProjection;

/** The result of a projection for all events up to a position. */
export interface Expected {
  readonly collections: Collections;
  readonly digest: string;
}

export const expectedAt = async (projection: AnyProjection, all: readonly RecordedEvent[], position: Position | undefined): Promise<Expected> => {
  const wanted = position === undefined ? [] : all.filter((event) => event.position <= position && projection.wanted.types.includes(event.type));
  const events = wanted.map((event) => projection.wanted.decode(event));
  const collections = projection.kind === 'document' ? documentsOf(projection, events) : await tablesOf(projection, events);
  return { collections, digest: digestOf(wanted) };
};

const documentsOf = (projection: DocumentProjection, events: readonly RecordedEvent[]): Collections => {
  const documents = new Map<string, ProjectionDocument>();
  for (const event of events) foldInto(documents, projection, event);
  return collectionsOf(projection, documents);
};

/** One event more; decoded. */
export const foldInto = (documents: Map<string, ProjectionDocument>, projection: DocumentProjection, event: RecordedEvent): void => {
  const keys = projection.key(event);
  for (const key of new Set(typeof keys === 'string' ? [keys] : (keys ?? []))) {
    const next = projection.evolve.get(event.type)?.(documents.get(key) ?? null, event, key) ?? null;
    if (next === null) documents.delete(key);
    else documents.set(key, next);
  }
};

/** The documents and their roll-ups. */
export const collectionsOf = (projection: DocumentProjection, documents: Map<string, ProjectionDocument>): Collections => {
  const rollUps = projection.rollUps.map((rollUp) => [rollUp.name, groupsOf(rollUp, [...documents.values()])] as const);
  return new Map<string, Map<string, object>>([[projection.name, documents], ...rollUps]);
};

/** Groups from the final documents: nothing is ever subtracted here. */
const groupsOf = (rollUp: RollUp<ProjectionDocument>, documents: readonly ProjectionDocument[]): Map<string, object> => {
  const members = new Map<string, ProjectionDocument[]>();
  for (const document of documents) {
    const group = rollUp.groupBy(document);
    if (group !== null) members.set(group, [...(members.get(group) ?? []), document]);
  }
  return new Map([...members].map(([group, inGroup]) => [group, groupOf(rollUp, group, inGroup)]));
};

const groupOf = (rollUp: RollUp<ProjectionDocument>, group: string, members: readonly ProjectionDocument[]): object => {
  const measured = Object.entries(rollUp.measures).map(([field, measure]) => [field, measure, measure.kind] as const);
  const fields = measured.map(([field, measure]) => [field, measureOf(measure, members)]);
  const counted = measured.map(([, measure, kind]) => (kind === 'min' || kind === 'max' ? countsOf(measure, members) : 0));
  return { [rollUp.keyField]: group, ...Object.fromEntries(fields), $state: JSON.stringify([members.length, counted]) };
};

const measureOf = (measure: Measure<ProjectionDocument>, members: readonly ProjectionDocument[]): unknown => {
  switch (measure.kind) {
    case 'count':
      return members.filter((document) => measure.where(document)).length;
    case 'sum':
      return members.reduce((sum, document) => sum + measure.value(document), 0);
    case 'decimal-sum':
      return decimal(
        members.reduce((sum, document) => sum + units(measure.value(document), measure.scale), 0n),
        measure.scale,
      );
    case 'min':
      return countsOf(measure, members)[0]?.[0] ?? null;
    case 'max':
      return countsOf(measure, members).at(-1)?.[0] ?? null;
  }
};

/** Values and how often they occur, in order: numbers by size; of texts there are only those of ASCII here. */
const countsOf = (measure: Measure<ProjectionDocument>, members: readonly ProjectionDocument[]): readonly (readonly [string | number, number])[] => {
  if (measure.kind !== 'min' && measure.kind !== 'max') return [];
  const counts = new Map<string | number, number>();
  for (const document of members) {
    const value = measure.value(document);
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].toSorted(([left], [right]) =>
    typeof left === 'number' && typeof right === 'number' ? left - right : compare(String(left), String(right)),
  );
};

const units = (text: string, scale: number): bigint => {
  const [whole = '', places = ''] = text.split('.');
  return BigInt(whole.replace('-', '') + places.padEnd(scale, '0')) * (text.startsWith('-') ? -1n : 1n);
};

const decimal = (value: bigint, scale: number): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
};

/** Runs the handler once over everything, on tables that are maps. */
const tablesOf = async (projection: HandlerProjection, events: readonly RecordedEvent[]): Promise<Collections> => {
  const tables: Collections = new Map(projection.collections.map(({ name }) => [name, new Map()]));
  const keyFields = new Map(projection.collections.map(({ name, document }) => [name, keyFieldOf(document)]));
  const tableOf = (collection: string): Map<string, object> => {
    const table = tables.get(collection);
    if (!table) throw new RangeError(`${projection.name} has no table ${collection}`);
    return table;
  };
  const transaction: Pick<SqlTransaction, 'find' | 'upsert' | 'delete'> = {
    find: async <Row extends object>(collection: string, keys: readonly string[]) => {
      const found = keys.flatMap((key) => (tableOf(collection).has(key) ? [[key, structuredClone(tableOf(collection).get(key))] as const] : []));
      return new Map(found) as ReadonlyMap<string, unknown> as ReadonlyMap<string, Row>;
    },
    upsert: async (collection, rows) => {
      for (const row of rows)
        tableOf(collection).set(String((row as Record<string, unknown>)[keyFields.get(collection) ?? '']), structuredClone(row));
    },
    delete: async (collection, keys) => {
      for (const key of keys) tableOf(collection).delete(key);
    },
  };
  if (events.length > 0) await projection.apply(transaction as never, events);
  return tables;
};

const keyFieldOf = (document: abstract new () => object): string => {
  const column = getMetadataArgsStorage().columns.find(({ target, options }) => target === document && options.primary === true);
  if (!column) throw new RangeError(`${document.name} has no primary column`);
  return column.propertyName;
};

const MASK = 0xffffffffn;
const rotated = (word: bigint, bits: bigint): bigint => ((word << bits) | (word >> (32n - bits))) & MASK;

/** The rolling digest by its description, in whole numbers instead of 32-bit operations. */
export class DigestOracle {
  #a = 0n;
  #b = 0n;

  add({ position, id }: Pick<RecordedEvent, 'position' | 'id'>): void {
    this.#feed(position & MASK);
    this.#feed(position >> 32n);
    const bytes = Buffer.alloc(Math.ceil(id.length / 4) * 4);
    bytes.write(id, 'latin1');
    for (let offset = 0; offset < bytes.length; offset += 4) this.#feed(BigInt(bytes.readUInt32LE(offset)));
    this.#a = (this.#a + this.#b) & MASK;
    this.#b = (this.#b + this.#a) & MASK;
  }

  toString(): string {
    return this.#a.toString(16).padStart(8, '0') + this.#b.toString(16).padStart(8, '0');
  }

  #feed(word: bigint): void {
    const left = (rotated((word * 0x239b961bn) & MASK, 15n) * 0xab0e9789n) & MASK;
    this.#a = (rotated(this.#a ^ left, 19n) * 5n + 0x561ccd1bn) & MASK;
    const right = (rotated((word * 0x38b34ae5n) & MASK, 16n) * 0xa1e38b93n) & MASK;
    this.#b = (rotated(this.#b ^ right, 17n) * 5n + 0x0bcaa747n) & MASK;
  }
}

export const digestOf = (events: readonly RecordedEvent[]): string => {
  const digest = new DigestOracle();
  for (const event of events) digest.add(event);
  return digest.toString();
};
