// What random histories of bookkeeping write: projections that share collections, and batches for their parts.
import type { EventMark, Position } from '@mainstem/event-store';
import { partitionOf, type Claim, type CommitBatch, type ParkedEvent, type ProjectionDescriptor } from '@mainstem/projection/adapter';
import type { SeededRandom } from '../faults/seeded-random.js';
import type { ModelContent } from './bookkeeping-model.js';
import { aParkedEvent, anOrder, at } from './contract-fixture.js';
import { contractEventId } from './contract-history.js';
import { contractProjection, ORDERS, TOTALS, type ContractDocuments } from './contract-projection.js';

/** What a session writes, and what is there by the model. */
export interface WrittenPart {
  readonly projection: ProjectionDescriptor;
  readonly claim: Claim;
  /** What its generation holds by the model: another generation of the same number has another. */
  readonly content: ModelContent;
}

const PARTS = 3;
const KEYS = Array.from({ length: 12 }, (_, index) => `key-${index}`);
/** No checkpoint of a history gets here. */
const ELSEWHERE = 1_000_000;

/** One that is whole, one that is split where that is possible, and one that wants the collections of both. */
export const historyProjections = (documents: ContractDocuments, isSplit: boolean): readonly ProjectionDescriptor[] => {
  const { collections } = contractProjection(documents);
  const named = (...names: readonly string[]) => collections.filter(({ name }) => names.includes(name));
  return [
    { name: 'model-orders', version: 1, fingerprint: 'orders', collections: named(ORDERS) },
    { name: 'model-totals', version: 2, fingerprint: 'totals', collections: named(TOTALS), ...(isSplit && { partitions: PARTS }) },
    { name: 'model-rival', version: 3, fingerprint: 'rival', collections: named(ORDERS, TOTALS) },
  ];
};

/** Those that its part writes. */
export const keysOf = ({ projection, claim }: Pick<WrittenPart, 'projection' | 'claim'>): readonly string[] =>
  KEYS.filter((key) => partitionOf(key, projection.partitions ?? 1) === claim.partition);

/** From where the part is, mostly; `position` is that. */
export const drawBatch = (
  random: SeededRandom,
  { projection, claim, content, position }: WrittenPart & { readonly position: Position | undefined },
): CommitBatch => {
  const isOneIn = (count: number): boolean => random.int(1, count) === 1;
  const from = isOneIn(8) ? at(ELSEWHERE) : position;
  const to = at((from ?? 0n) + BigInt(random.int(1, 3)));
  const keys = keysOf({ projection, claim });
  const [key = '', other = ''] = random.shuffle(keys);
  const lastEvent: EventMark | undefined = isOneIn(3) ? undefined : { position: to, id: contractEventId(Number(to)) };
  const digest = random
    .int(0, 2 ** 31)
    .toString(16)
    .padStart(16, '0');
  const changes = projection.collections.map(({ name }) => ({
    collection: name,
    upserts: new Map([[key, drawDocument(random, name, key)]]),
    deletes: isOneIn(2) ? [] : [other],
  }));
  const [settled] = content.parked.filter((event) => keys.includes(event.key));
  return {
    changes: isOneIn(4) ? [] : changes,
    checkpoint: { from, to, digest, ...(lastEvent && { lastEvent }) },
    park: isOneIn(3) ? [drawParkedEvent(random, key, to)] : [],
    unpark: settled && isOneIn(2) ? [settled] : [],
  };
};

const drawDocument = (random: SeededRandom, collection: string, key: string): object => {
  const lines = random.int(0, 1_000);
  if (collection === ORDERS) return anOrder(key, { lines });
  return { country: key, orders: 1, lines, total: '2.50', firstCustomer: null, linesMax: lines };
};

const drawParkedEvent = (random: SeededRandom, key: string, position: Position): ParkedEvent =>
  aParkedEvent(key, position, random.pick(['', 'PROJECTION_FAILED: no']));
