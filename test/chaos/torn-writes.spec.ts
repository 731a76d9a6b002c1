// Torn and lost writes: copies of a live store whose write-ahead log is cut, or in which a byte is changed.
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { isMainstemError, type Position, type RecordedEvent } from '@mainstem/event-store';
import type { SeededRandom } from '@mainstem/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differenceOf } from './support/canonical.js';
import { toldCommand } from './support/told-events.js';
import { chanceOf, makeFolder, removeFolder, trials } from './support/trials.js';
import { walState, type WalState } from './support/wal.js';
import { WorkerProcess } from './support/worker-process.js';

const COPIES = 10;
const CUTS = 200;
const FLIPS = 50;
const CLIENTS = 8;
/** The least number of commands between two copies, so that the log begins anew a few times. */
const COMMANDS_BETWEEN = 100;
const LOG_BEGINNING_BYTES = 32;
const COMMAND_BEYOND = 1_000_000;

/** At this time everything up to `position` was acknowledged, and was in the log before `end` or in the file. */
interface Mark {
  readonly position: bigint;
  readonly round: string;
  readonly end: number;
}

/** A folder at one moment, and what is known about that moment. */
interface Copy {
  readonly dir: string;
  readonly log: WalState;
  readonly logBytes: number;
  readonly marks: readonly Mark[];
}

const shown = (event: RecordedEvent): string => {
  const { id, stream, revision, position, type, recordedAt, data, metadata } = event;
  return [id, stream, revision, position, type, recordedAt, JSON.stringify(data), JSON.stringify(metadata)].join(' ');
};

const readAll = async (store: EmbeddedEventStore, types?: readonly string[]): Promise<string[]> => {
  const events: string[] = [];
  for await (const batch of store.readAll({ batchSizeMax: 5_000, ...(types && { filter: { types } }) })) events.push(...batch.map(shown));
  return events;
};

const readStreams = async (store: EmbeddedEventStore, streams: Iterable<RecordedEvent['stream']>): Promise<string[]> => {
  const events: string[] = [];
  for (const stream of streams) for await (const batch of store.readStream(stream)) events.push(...batch.map(shown));
  return events;
};

describe('a copy of a live event store', () => {
  const random = chanceOf('torn-writes');
  const copies: Copy[] = [];
  let appended: readonly RecordedEvent[];
  let expected: readonly string[];
  let folder: string;

  beforeAll(async () => {
    folder = await makeFolder();
    appended = await live(join(folder, 'live'));
    expected = appended.map(shown);
  });
  afterAll(() => removeFolder(folder));

  /** A process appends while its folder is copied. Returns the final state. */
  const live = async (dir: string): Promise<readonly RecordedEvent[]> => {
    const database = join(dir, 'events.db');
    const marks: Mark[] = [];
    let acknowledged = 0n;
    let commands = 0;
    await using worker = new WorkerProcess('append.ts', { args: [dir, '1', String(CLIENTS)] });
    worker.listen(({ kind, position }) => {
      if (kind !== 'acknowledged') return;
      const place = BigInt(String(position));
      if (place > acknowledged) acknowledged = place;
      const before = acknowledged;
      // Read after the acknowledgement: the log had at least this then.
      const log = ++commands % 5 === 0 ? walState(database) : undefined;
      if (log) marks.push({ position: before, round: log.round, end: log.end });
    });
    await worker.until('acknowledged');
    for (let copy = 0; copy < COPIES; copy++) {
      const until = commands + COMMANDS_BETWEEN + random.int(0, COMMANDS_BETWEEN);
      while (commands < until) await delay(1);
      copies.push(await worker.whileFrozen(() => copyOf(dir, join(dir, '..', `copy-${copy}`), marks)));
    }
    await worker.kill();
    const store = await EmbeddedEventStore.open({ dir });
    const events: RecordedEvent[] = [];
    for await (const batch of store.readAll({ batchSizeMax: 5_000 })) events.push(...batch);
    await store.close();
    return events;
  };

  const copyOf = (from: string, to: string, marks: readonly Mark[]): Copy => {
    mkdirSync(to);
    for (const file of ['events.db', 'events.db-wal']) if (existsSync(join(from, file))) copyFileSync(join(from, file), join(to, file));
    const log = walState(join(from, 'events.db'));
    if (!log) throw new Error('the store has no write-ahead log');
    return { dir: to, log, logBytes: statSync(join(to, 'events.db-wal')).size, marks: [...marks] };
  };

  /** Number of events that must be there when the log ends at this byte. */
  const required = ({ log, marks }: Copy, end: number): bigint =>
    marks.filter((mark) => mark.round !== log.round || mark.end <= end).reduce((most, { position }) => (position > most ? position : most), 0n);

  /** Opens a changed copy. Returns the number of served events, all of them right, or the code of the refusal. */
  const attempt = async (copy: Copy, change: (dir: string) => void): Promise<bigint | string> => {
    const dir = join(folder, 'attempt');
    await mkdir(dir);
    try {
      for (const file of ['events.db', 'events.db-wal']) copyFileSync(join(copy.dir, file), join(dir, file));
      change(dir);
      return await serve(dir);
    } catch (error) {
      if (isMainstemError(error) && error.code.startsWith('EVENT_STORE_')) return error.code;
      throw error;
    } finally {
      await rm(dir, { recursive: true });
    }
  };

  const serve = async (dir: string): Promise<bigint> => {
    const store = await EmbeddedEventStore.open({ dir });
    try {
      const all = await readAll(store);
      expectSame(all, expected.slice(0, all.length));
      const there = appended.slice(0, all.length);
      expectSame(await readAll(store, ['Noted', 'Measured']), shownOf(there.filter(({ type }) => type !== 'Counted')));
      const byStream = Map.groupBy(there, ({ stream }) => stream);
      expectSame(await readStreams(store, byStream.keys()), shownOf([...byStream.values()].flat()));
      await goOn(store, all.length);
      return BigInt(all.length);
    } finally {
      await store.close();
    }
  };

  const shownOf = (events: readonly RecordedEvent[]): readonly string[] => events.map(({ position }) => expected[Number(position) - 1] ?? '');

  const expectSame = (actual: readonly string[], wanted: readonly string[]): void => expect(differenceOf(actual, wanted)).toBeUndefined();

  /** Served events are not only shown: the store goes on from there. */
  const goOn = async (store: EmbeddedEventStore, count: number): Promise<void> => {
    const { stream, events } = toldCommand(COMMAND_BEYOND);
    const { position } = await store.append(stream, events, { expectedRevision: 'any' });
    expect(position).toBe(BigInt(count + events.length));
    const added: RecordedEvent[] = [];
    for await (const batch of store.readAll({ after: BigInt(count) as Position })) added.push(...batch);
    expect(added.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  };

  it('appended what it was told to', () => {
    expect(appended.length).toBeGreaterThan(COPIES * COMMANDS_BETWEEN);
    for (const { id, data, metadata } of appended) {
      const { number, index } = data as { number: number; index: number };
      expect({ id, data, metadata }).toEqual(pick(toldCommand(number).events[index]));
    }
    expect(new Set(copies.map(({ log }) => log.round)).size, 'the log was begun anew between copies').toBeGreaterThan(1);
  });

  it('holds everything that had been acknowledged', async () => {
    for (const copy of copies) expect(await attempt(copy, () => undefined)).toBeGreaterThanOrEqual(required(copy, Infinity));
  });

  it(`opens to a prefix with everything acknowledged before the end of its log, wherever that was cut off (${trials(CUTS)} cuts)`, async () => {
    const outcomes = new Map<string, number>();
    for (let cut = 0; cut < trials(CUTS); cut++) {
      const copy = copies[cut % copies.length] as Copy;
      // Data in the file cannot be lost with the log, on a device that keeps the order of flushes.
      const end = cutOf(random, copy);
      const served = await attempt(copy, (dir) => truncateSync(join(dir, 'events.db-wal'), end));
      expect(served, `cut at ${end} of ${copy.logBytes}`).toBeTypeOf('bigint');
      expect(served, `cut at ${end} of ${copy.logBytes}`).toBeGreaterThanOrEqual(required(copy, end));
      count(outcomes, served);
    }
    console.log('cuts:', Object.fromEntries(outcomes));
    expect(outcomes.size).toBeGreaterThan(0);
  });

  const flipped = (dir: string, file: string): void => {
    const path = join(dir, file);
    const bytes = readFileSync(path);
    const place = random.int(0, bytes.length - 1);
    bytes.writeUInt8(bytes.readUInt8(place) ^ random.int(1, 255), place);
    writeFileSync(path, bytes);
  };

  it.each(['events.db', 'events.db-wal'])(`serves a prefix or refuses when a byte of %s has changed (${trials(FLIPS)} flips)`, async (file) => {
    const outcomes = new Map<string, number>();
    for (let flip = 0; flip < trials(FLIPS); flip++)
      count(outcomes, await attempt(copies[flip % copies.length] as Copy, (dir) => flipped(dir, file)));
    console.log(`flips in ${file}:`, Object.fromEntries(outcomes));
    expect(outcomes.size).toBeGreaterThan(0);
  });
});

const cutOf = (random: SeededRandom, { log, logBytes }: Copy): number => {
  // Beyond its end the log holds remains of earlier rounds: half of the cuts are where it matters.
  const isLive = random.next() < 0.7;
  return random.int(Math.max(log.backfilledEnd, LOG_BEGINNING_BYTES), isLive ? log.end : logBytes);
};

const count = (outcomes: Map<string, number>, served: bigint | string): void => {
  const outcome = typeof served === 'bigint' ? 'a prefix' : served;
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
};

const pick = (event: Pick<RecordedEvent, 'id' | 'data' | 'metadata'> | undefined): unknown =>
  event && { id: event.id, data: event.data, metadata: event.metadata };
