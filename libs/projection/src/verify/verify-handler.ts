// Verifies a handler projection: runs it again into a scratch generation, and compares table by table.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted, type EventReader, type Position, type RecordedEvent } from '@mainstem/event-store';
import { filterFor } from '../definition/wanted-events.js';
import type { HandlerProjection } from '../definition/handler-projection.js';
import { RollingDigest } from '../read-store/rolling-digest.js';
import { VerifyDisturbed } from './errors.js';
import { compareKeys } from '../read-store/key-order.js';
import type { GenerationSnapshot, ScanEntry, ScanOptions } from '../read-store/read-store.js';
import { GenerationFill } from '../side/generation-fill.js';
import { readUpTo } from '../feed/event-range.js';
import { ParkedFolds } from './parked-folds.js';
import type { VerifyWork } from './verify-work.js';

const SCAN_PAGE = 2_000;
const ATTEMPTS_MAX = 3;

/**
 * Memory does not depend on the size of the tables: both are read in order of keys and merged. The scratch generation,
 * in state `side`, is dropped at the end; status names one that a killed verification has left. Errors:
 * PROJECTION_FAILED, PROJECTION_VERIFY_DISTURBED.
 */
export const verifyHandler = async (work: VerifyWork<HandlerProjection>): Promise<void> => {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const scratch = await work.store.createGeneration(work.projection, work.reader.incarnation, { isSide: true, isBulk: true });
    try {
      if (await verifyAgainst(work, scratch.number)) return;
    } finally {
      await work.store.dropGeneration(work.projection.name, scratch.number);
    }
    work.restart();
  }
  throw new VerifyDisturbed(work.projection.name, ATTEMPTS_MAX);
};

/** False if a replay of parked events came between. */
const verifyAgainst = async (work: VerifyWork<HandlerProjection>, scratch: number): Promise<boolean> => {
  const { projection, reader, store, signal } = work;
  const begin = await work.snapshot(async (snapshot) => ({ position: positionOf(snapshot), parked: await ParkedFolds.of(snapshot) }));
  let parked = begin.parked;
  const skips = (event: RecordedEvent): boolean => !parked.isEmpty && isParked(projection, parked, event);
  let until = begin.position;
  const onProgress = (position: Position): void => work.tell({ phase: 'fold', position, until, pass: 1, passes: 1 });
  const fill = await GenerationFill.open({ reader, hosted: { projection, store }, generation: scratch, signal, skips, onProgress });
  try {
    await fill.to(begin.position);
    return await work.snapshot(async (snapshot) => {
      parked = await ParkedFolds.of(snapshot);
      if (!begin.parked.isSameUpTo(begin.position, parked)) return false;
      until = positionOf(snapshot);
      await fill.to(until);
      for (const { name } of projection.collections) await compareTables(work, snapshot, scratch, name);
      work.reached(until, { stored: snapshot.generation.checkpoint.digest, expected: await digestUpTo(reader, projection, until, signal) });
      return true;
    });
  } finally {
    await fill.close();
  }
};

const positionOf = (snapshot: GenerationSnapshot): Position | undefined => snapshot.generation.checkpoint.position;

const isParked = (projection: HandlerProjection, parked: ParkedFolds, event: RecordedEvent): boolean => {
  if (parked.hasStream(event)) return true;
  return parked.has(event, projection.key(projection.wanted.decode(event)));
};

const compareTables = async (
  { store, projection, share, signal, differences, tell }: VerifyWork<HandlerProjection>,
  snapshot: GenerationSnapshot,
  scratch: number,
  collection: string,
): Promise<void> => {
  void share; // the run is the work, so all rows are compared
  const position = positionOf(snapshot);
  const stored = entries((options) => snapshot.scan(collection, options), signal);
  const expected = entries((options) => store.scan(projection.name, scratch, collection, options), signal);
  let [left, right] = [await stored.next(), await expected.next()];
  while (!left.done || !right.done) {
    const order = left.done ? 1 : right.done ? -1 : compareKeys(left.value[0], right.value[0]);
    const entry = order <= 0 ? left.value : right.value;
    const key = (entry as ScanEntry)[0];
    differences.compare({
      collection,
      key,
      stored: order <= 0 ? (left.value as ScanEntry)[1] : undefined,
      expected: order >= 0 ? (right.value as ScanEntry)[1] : undefined,
    });
    if (order <= 0) left = await stored.next();
    if (order >= 0) right = await expected.next();
    if (differences.compared % SCAN_PAGE === 0) tell({ phase: 'compare', position, until: position, pass: 1, passes: 1 });
  }
};

async function* entries(
  scan: (options: ScanOptions) => Promise<readonly ScanEntry[]>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ScanEntry, undefined> {
  for (let after: string | undefined; ;) {
    throwIfAborted(signal, 'verify');
    const page = await scan({ limit: SCAN_PAGE, ...(after !== undefined && { after }) });
    yield* page;
    await nextTurn(); // others need to run, too
    if (page.length < SCAN_PAGE) return undefined;
    after = page.at(-1)?.[0];
  }
}

const digestUpTo = async (
  reader: EventReader,
  { wanted }: HandlerProjection,
  until: Position | undefined,
  signal: AbortSignal | undefined,
): Promise<string> => {
  const digest = new RollingDigest();
  for await (const events of readUpTo(reader, { after: undefined, until, filter: filterFor([{ wanted }]), signal })) {
    for (const { position, id } of events) digest.add(position, id);
    await nextTurn();
  }
  return digest.toString();
};
