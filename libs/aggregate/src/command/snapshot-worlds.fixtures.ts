// One random history of commands, lived in a world with snapshots and in one without. It has two executors, restarts,
// repeats, unique values, and a log that is set back. The snapshot store loses, delays, mixes up, damages and fails.
import {
  defineEvents,
  InMemoryEventStore,
  InMemorySnapshotStore,
  MainstemError,
  systemRuntime,
  type Incarnation,
  type RecordedEvent,
  type Runtime,
  type SnapshotKey,
  type SnapshotStore,
  type StoredSnapshot,
} from '@mainstem/event-store';
import { IsInt, IsString } from 'class-validator';
import { defineAggregate } from '../aggregate/aggregate.js';
import { CommandExecutor } from './command-executor.js';
import { randomOf } from './random-histories.fixtures.js';
import { CommandRefused } from '../errors.js';
import type { SnapshotTold } from '../snapshot/snapshots.js';

class NotedData {
  @IsString() note!: string;
  @IsInt() before!: number;
  @IsString() at!: string;
}
class Unwanted extends CommandRefused {
  constructor() {
    super('NOTE_UNWANTED', 'This note is not wanted.');
  }
}
interface Note {
  readonly note: string;
  readonly parts: number;
  readonly isPicky: boolean;
}
interface Notes {
  readonly count: number;
  readonly last: string;
  readonly seen: readonly string[];
}

/** Two programs: what one of them counts, the other counts twice. */
export const noteWith = (every: number, code = 'one') =>
  defineAggregate({
    ...{ category: 'note', events: defineEvents('note', { Noted: NotedData }), initialState: { count: 0, last: '', seen: [] } },
    unique: [{ name: 'title', of: (event: { readonly data: NotedData }) => (event.data.note.startsWith('t') ? event.data.note : undefined) }],
    snapshot: { every },
    evolve:
      code === 'one'
        ? ({ count, seen }: Notes, { data }): Notes => ({ count: count + 1, last: data.note, seen: [...seen, data.note] })
        : ({ count, seen }: Notes, { data }): Notes => ({ count: count + 2, last: data.note, seen: [...seen, data.note] }),
    decide: ({ note, parts, isPicky }: Note, { count, seen }: Notes, { now }) => {
      if (isPicky && (count % 3 === 0 || seen.includes(note))) throw new Unwanted();
      return Array.from({ length: parts }, () => ({ type: 'Noted' as const, data: { note, before: count, at: now } }));
    },
  });

/** A step of a history; what it does follows from these numbers alone. */
interface Step {
  readonly kind: 'send' | 'send-all' | 'repeat' | 'reuse' | 'restart' | 'set-back';
  readonly executor: number;
  readonly id: string;
  readonly at: number;
  readonly command: Note;
  readonly passMs: number;
}

const IDS = 3;

export const stepsOf = (seed: number, count: number): readonly Step[] => {
  const random = randomOf(seed);
  const whole = (bound: number): number => Math.floor(random() * bound);
  const kindOf = (chance: number): Step['kind'] => {
    if (chance < 0.5) return 'send';
    if (chance < 0.62) return 'send-all';
    if (chance < 0.82) return 'repeat';
    if (chance < 0.87) return 'reuse';
    return chance < 0.97 ? 'restart' : 'set-back';
  };
  return Array.from({ length: count }, () => ({
    kind: kindOf(random()),
    executor: whole(2),
    id: String(whole(IDS)),
    at: whole(1_000_000),
    command: { note: random() < 0.3 ? `t${whole(6)}` : `n${whole(20)}`, parts: whole(4), isPicky: random() < 0.4 },
    passMs: whole(4_000),
  }));
};

/** A snapshot store with every fault that must not matter. */
export class FaultySnapshots implements SnapshotStore {
  readonly #sound = new InMemorySnapshotStore();
  readonly #history: StoredSnapshot[] = [];

  /** @param fails false: it never rejects, so that it is never left alone. */
  constructor(
    private readonly random: () => number,
    private readonly fails = true,
  ) {}

  async load(key: SnapshotKey): Promise<StoredSnapshot | undefined> {
    const stored = await this.#sound.load(key);
    const chance = this.random();
    if (chance < 0.05) return undefined;
    if (this.fails && chance < 0.08) throw new MainstemError('SNAPSHOT_STORE_BUSY', 'It is busy.');
    if (this.fails && chance < 0.1) return new Promise(() => undefined);
    // An older one, or that of another stream.
    if (chance < 0.25) return this.#history[Math.floor(this.random() * this.#history.length)];
    return chance < 0.35 && stored ? this.#damaged(stored) : stored;
  }

  async save(key: SnapshotKey, snapshot: StoredSnapshot): Promise<void> {
    const chance = this.random();
    if (this.fails && chance < 0.05) throw new Error('the disk is gone');
    if (chance < 0.1) return;
    if (chance < 0.2) await new Promise((resolve) => setImmediate(resolve));
    await this.#sound.save(key, snapshot);
    const copy = await this.#sound.load(key);
    if (copy) this.#history.push(copy);
    if (this.fails && chance > 0.1 && chance < 0.12) throw new MainstemError('SNAPSHOT_STORE_BUSY', 'It is busy.');
  }

  async remove(of?: Parameters<SnapshotStore['remove']>[0]): Promise<number> {
    if (this.fails && this.random() < 0.3) throw new Error('the disk is gone');
    return this.#sound.remove(of);
  }

  close(): Promise<void> {
    return this.#sound.close();
  }

  /** One bit in the head or in a part. */
  #damaged({ head, parts }: StoredSnapshot): StoredSnapshot {
    const all = [head, ...parts.map(({ bytes }) => bytes)];
    const bytes = all[Math.floor(this.random() * all.length)] ?? head;
    const at = Math.floor(this.random() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(this.random() * 8));
    return { head, parts };
  }
}

const INCARNATION = '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation;

/** The log of a world; it can be set back to an earlier event, as by a backup. */
class World {
  nowMs = 0;
  monotonicMs = 0;
  readonly runtime: Runtime;
  store: InMemoryEventStore;

  constructor() {
    this.runtime = {
      ...systemRuntime,
      now: () => this.nowMs,
      monotonic: () => this.monotonicMs,
      sleep: async () => void (await new Promise((resolve) => setImmediate(resolve))),
    };
    this.store = this.#emptyLog();
  }

  async events(): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for await (const batch of this.store.readAll()) events.push(...batch);
    return events;
  }

  async setBack(at: number): Promise<void> {
    const events = await this.events();
    const { nowMs } = this;
    this.store = this.#emptyLog();
    for (const { id, stream, type, data, metadata, recordedAt } of events.slice(0, events.length === 0 ? 0 : at % events.length)) {
      this.nowMs = Date.parse(recordedAt);
      await this.store.append(stream, [{ id, type, data, metadata }], { expectedRevision: 'any' });
    }
    this.nowMs = nowMs;
  }

  #emptyLog(): InMemoryEventStore {
    return new InMemoryEventStore({ runtime: { ...systemRuntime, now: () => this.nowMs, uuid: () => INCARNATION } });
  }
}

export interface LifeOptions {
  readonly steps: readonly Step[];
  readonly every: number;
  /** Ids kept with their places: few, so that the filter is used. */
  readonly placesMax: number;
  /** Undefined: a world without snapshots. */
  readonly snapshots: SnapshotStore | undefined;
  readonly told?: SnapshotTold[];
}

/** Everything that an outside observer can see of the history: the answers, and the log at its end. */
export const lifeOf = async ({ steps, every, placesMax, snapshots, told }: LifeOptions): Promise<readonly unknown[]> => {
  const world = new World();
  const seen: unknown[] = [];
  const sent: { readonly id: string; readonly command: Note; readonly commandId: string }[] = [];
  // Each takes snapshots that the other one must not use.
  const programs = [noteWith(every), noteWith(every, 'two')] as const;
  const start = (): CommandExecutor =>
    new CommandExecutor({
      ...{ store: world.store, runtime: world.runtime, snapshots, cache: { commandIdsMax: 10 * placesMax } },
      onSnapshot: (one) => void told?.push(one),
    });
  let executors = [start(), start()];
  for (const [index, step] of steps.entries()) {
    world.nowMs++;
    world.monotonicMs += step.passMs;
    const executor = executors[step.executor] as CommandExecutor;
    const note = programs[step.at % 7 === 0 ? 1 : 0];
    const earlier = sent[step.at % Math.max(1, sent.length)];
    const commandId = `c${index}`;
    if (step.kind === 'restart') executors[step.executor] = start();
    else if (step.kind === 'set-back') {
      await world.setBack(step.at);
      executors = [start(), start()];
    } else if (step.kind === 'send-all') {
      const commands = Array.from({ length: 3 }, (_, at) => ({ ...step.command, note: `${step.command.note}${at}` }));
      seen.push(await outcomeOf(executor.executeAll(note, step.id, commands, { commandId })));
      for (const [at, command] of commands.entries()) sent.push({ id: step.id, command, commandId: `${commandId}:${at}` });
    } else if (step.kind === 'send' || !earlier) {
      sent.push({ id: step.id, command: step.command, commandId });
      seen.push(await outcomeOf(executor.execute(note, step.id, step.command, { commandId, fingerprint: step.command.note })));
    } else {
      const fingerprint = step.kind === 'reuse' ? 'other content' : earlier.command.note;
      seen.push(await outcomeOf(executor.execute(note, earlier.id, earlier.command, { commandId: earlier.commandId, fingerprint })));
    }
    // Sometimes snapshots are done before the next command, sometimes not.
    for (let turns = step.at % 4; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  }
  seen.push(
    (await world.events()).map(({ id, stream, revision, position, type, data, metadata, recordedAt }) => [
      id,
      stream,
      revision,
      position,
      type,
      data,
      metadata,
      recordedAt,
    ]),
  );
  return seen;
};

const outcomeOf = async (answer: Promise<unknown>): Promise<unknown> =>
  answer.catch((error: unknown) => ({ code: (error as { readonly code?: string }).code, message: (error as Error).message }));
