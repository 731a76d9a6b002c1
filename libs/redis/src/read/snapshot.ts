// One unchanging view of a generation: commits keep what they change while it is read.
import { randomUUID } from 'node:crypto';
import type { Runtime } from '@mainstem/event-store';
import {
  compareKeys,
  decodeEntry,
  type GenerationSnapshot,
  type ScanEntry,
  type ScanOptions,
  UnknownCollection,
  UnknownGeneration,
} from '@mainstem/projection/adapter';
import { describedOf, type Fields, generationsOf } from '../bookkeeping/generation-records.js';
import { listParked, snapshotOver } from '../bookkeeping/parked-records.js';
import type { ProjectionKeys } from '../layout/keys.js';
import { BEGIN_SNAPSHOT, END_SNAPSHOT, PAGE, RENEW_SNAPSHOT } from '../scripts/reading.js';
import { type RedisConnection, scriptOf } from '../server/redis-connection.js';

/** A reader that is silent for so long counts as dead, and the next commit deletes what was kept for it. */
const TTL_MS = 60_000;
const RENEW_MS = 15_000;
/** The number of entries that one request fetches. */
const PAGE_MAX = 1_000;

export interface ReadingParts {
  readonly connection: RedisConnection;
  readonly keys: ProjectionKeys;
  readonly runtime: Runtime;
}

/** Errors: those of `ReadStore.snapshot`. */
export const withSnapshot = async <Result>(
  parts: ReadingParts,
  { projection, number }: { readonly projection: string; readonly number: number },
  work: (snapshot: GenerationSnapshot) => Promise<Result>,
): Promise<Result> => {
  const { connection, keys, runtime } = parts;
  const id = randomUUID();
  const run = (script: typeof SCRIPTS.begin, ...args: readonly number[]) => connection.run(script, [keys.meta, keys.root], [number, id, ...args]);
  const [status, fields = []] = (await run(SCRIPTS.begin, TTL_MS)) as [string, Fields?];
  const generation = generationsOf(projection, fields).find((one) => one.number === number);
  if (status === 'unknown' || !generation) throw new UnknownGeneration(projection, number);
  const isOver = new AbortController();
  const renewing = renewed(() => run(SCRIPTS.renew, TTL_MS), runtime, isOver.signal);
  try {
    return await work({
      generation: describedOf(generation),
      scan: (collection, options) => scanPage(parts, { projection, number, collection, snapshot: id }, options),
      parked: (query) => listParked(parts, query, { projection, number, snapshot: id }),
    });
  } finally {
    isOver.abort();
    await renewing;
    await run(SCRIPTS.end).catch(() => undefined); // it expires by itself
  }
};

/** The next page meets and reports a failed renewal. */
const renewed = async (renew: () => Promise<unknown>, runtime: Runtime, signal: AbortSignal): Promise<void> => {
  for (;;) {
    await runtime.sleep(RENEW_MS, signal);
    if (signal.aborted) return;
    await renew().catch(() => undefined);
  }
};

export interface ScanSource {
  readonly projection: string;
  readonly number: number;
  readonly collection: string;
  readonly snapshot?: string;
}

/** A page of a collection by key. Errors: those of `ReadStore.scan`. */
export const scanPage = async (parts: ReadingParts, source: ScanSource, { after, limit }: ScanOptions): Promise<readonly ScanEntry[]> => {
  const entries: ScanEntry[] = [];
  // A page of the port is one consistent view, so it is one request; only pages of a snapshot may be split.
  const step = source.snapshot === undefined ? limit : Math.min(limit, PAGE_MAX);
  for (let last = after; entries.length < limit; last = entries.at(-1)?.[0]) {
    const page = await stepOf(parts, source, { limit: Math.min(step, limit - entries.length), ...(last !== undefined && { after: last }) });
    entries.push(...page.entries);
    if (page.isLast) break;
  }
  return entries;
};

const stepOf = async (
  { connection, keys }: ReadingParts,
  { projection, number, collection, snapshot = '' }: ScanSource,
  { after, limit }: ScanOptions,
): Promise<{ readonly entries: readonly ScanEntry[]; readonly isLast: boolean }> => {
  const args = [number, collection, limit, snapshot, after === undefined ? '0' : '1', after ?? ''];
  const [status, current = [], kept = []] = (await connection.run(SCRIPTS.page, [keys.meta, keys.root], args)) as [string, string[]?, string[]?];
  if (status === 'over') throw snapshotOver(connection.store);
  if (status === 'unknown') throw new UnknownGeneration(projection, number);
  if (status === 'collection') throw new UnknownCollection(projection, number, collection);
  const entries = merged(entriesOf(current), entriesOf(kept)).slice(0, limit);
  return { entries, isLast: entries.length < limit };
};

const entriesOf = (pairs: readonly string[]): readonly ScanEntry[] => {
  const entries: ScanEntry[] = [];
  for (let index = 0; index + 1 < pairs.length; index += 2) entries.push(decodeEntry({ key: pairs[index] ?? '', document: pairs[index + 1] ?? '' }));
  return entries;
};

/** Merges two sorted lists without a common key. */
const merged = (left: readonly ScanEntry[], right: readonly ScanEntry[]): readonly ScanEntry[] =>
  left.length === 0 || right.length === 0 ? [...left, ...right] : [...left, ...right].sort(([one], [other]) => compareKeys(one, other));

const SCRIPTS = { begin: scriptOf(BEGIN_SNAPSHOT), renew: scriptOf(RENEW_SNAPSHOT), end: scriptOf(END_SNAPSHOT), page: scriptOf(PAGE) };
