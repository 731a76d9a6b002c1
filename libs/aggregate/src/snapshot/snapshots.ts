// Takes snapshots beside the commands, and looks for one before a stream is read. Commands neither fail nor wait for
// them, except for a short look.
import {
  inTime,
  isMainstemError,
  type EventReader,
  type Incarnation,
  type RecordedEvent,
  type Runtime,
  type SnapshotKey,
  type SnapshotStore,
  type StreamName,
} from '@mainstem/event-store';
import { setImmediate } from 'node:timers/promises';
import { SnapshotStoreLate } from '../errors.js';
import type { FoldedStream } from '../folded/folded-stream.js';
import { SnapshotForm, type ReadSnapshot, type SnapshotContent, type SnapshottedAggregate } from './snapshot-form.js';

/**
 * `taken`: saved. `used`: a stream was read on from it. `ignored`: it does not fit the code or the stream, which was
 * read from its beginning. `failed`: the snapshot store failed or was late. `refused`: none can be taken of this state.
 */
export type SnapshotOutcome = 'taken' | 'used' | 'ignored' | 'failed' | 'refused';

export interface SnapshotTold {
  readonly outcome: SnapshotOutcome;
  readonly category: string;
  readonly stream: StreamName;
  /** Of a failed or refused one. */
  readonly error?: unknown;
  /** Of an ignored one, in words. */
  readonly reason?: string;
  /** True once for each category and error code: what deserves a line in a log. */
  readonly isFirst: boolean;
}

export interface SnapshotsOptions {
  readonly store: SnapshotStore;
  readonly reader: Pick<EventReader, 'readStream'> & Partial<Pick<EventReader, 'incarnation'>>;
  readonly runtime: Runtime;
  readonly tell: ((told: SnapshotTold) => void) | undefined;
}

/** A stream, and the aggregate that folds it. */
export interface Target {
  readonly aggregate: SnapshottedAggregate;
  readonly stream: StreamName;
}

/** Command ids that a snapshot has with their places. */
export const PLACES_MAX = 1_000;
/** The longest time that a command waits for a snapshot. */
const LOAD_MS = 250;
const SAVE_MS = 10_000;
/** After a failure the store is left alone for this long. */
const PAUSE_MS = 10_000;
/** Snapshots that are being taken at one time; the next one waits for another command of its stream. */
const UNDER_WAY_MAX = 4;

export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #forms = new WeakMap<SnapshottedAggregate, SnapshotForm>();
  readonly #underWay = new Set<StreamName>();
  /** Aggregates whose states have no JSON form. */
  readonly #refused = new WeakSet<SnapshottedAggregate>();
  readonly #toldOnce = new Set<string>();
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** What the store has, to be checked against the stream; undefined for anything that cannot be used. */
  async load({ aggregate, stream }: Target): Promise<ReadSnapshot | undefined> {
    const key = this.#keyOf(stream);
    if (!key || this.#isPaused()) return undefined;
    const { store, runtime } = this.#options;
    try {
      const stored = await inTime(store.load(key), LOAD_MS, runtime, () => {
        throw new SnapshotStoreLate('load', LOAD_MS);
      });
      if (!stored) return undefined;
      const read = this.#formOf(aggregate).read(key, stored);
      if (typeof read !== 'string') return read;
      this.ignored({ aggregate, stream }, read);
    } catch (error) {
      this.#failed({ aggregate, stream }, error);
    }
    return undefined;
  }

  used({ aggregate, stream }: Target): void {
    this.#tell('used', aggregate, stream);
  }

  /** It is removed: a store does not write again those parts of the next one that it has, and they may be damaged. */
  ignored(target: Target, reason: string): void {
    this.#tell('ignored', target.aggregate, target.stream, { reason });
    void this.#remove(target);
  }

  async #remove(target: Target): Promise<void> {
    try {
      const key = this.#keyOf(target.stream);
      if (key) await this.#options.store.remove(key);
    } catch (error) {
      this.#failed(target, error);
    }
  }

  /** The revision from which the next snapshot is due, after one at this revision or none. */
  static dueAfter({ snapshot }: SnapshottedAggregate, revision: number): number {
    return revision + (snapshot?.every ?? Number.POSITIVE_INFINITY);
  }

  /** Takes a snapshot if one is due and nothing is in its way. It returns at once; nothing waits for the rest. */
  consider(target: Target, folded: FoldedStream): void {
    const { revision, position, lastEventId, state, held, isIsolated } = folded;
    if (revision === undefined || position === undefined || lastEventId === undefined || Number(revision) < folded.snapshotDue) return;
    const { aggregate, stream } = target;
    const key = this.#keyOf(stream);
    const isInTheWay = this.#underWay.has(stream) || this.#underWay.size >= UNDER_WAY_MAX || this.#isPaused();
    if (!key || !isIsolated || isInTheWay || this.#refused.has(aggregate)) return;
    folded.snapshotDue = Snapshots.dueAfter(aggregate, Number(revision));
    this.#underWay.add(stream);
    const content = { state, revision, position, lastEventId, commands: folded.commands.captured(), held };
    void this.#take(target, key, content, () => (folded.snapshotDue = Math.max(folded.snapshotDue, 2 * Number(revision) + 1)));
  }

  /** @param postpone until the stream is twice as long: to find a state too large takes as long as to write it. */
  async #take(target: Target, key: SnapshotKey, content: SnapshotContent, postpone: () => void): Promise<void> {
    const { aggregate, stream } = target;
    const { store, runtime } = this.#options;
    try {
      // The answers of the commands come first.
      await setImmediate();
      const event = await this.#eventAt(stream, content);
      if (!event) return;
      const snapshot = this.#formOf(aggregate).write(key, content, event.recordedAt);
      await inTime(store.save(key, snapshot), SAVE_MS, runtime, () => {
        throw new SnapshotStoreLate('save', SAVE_MS);
      });
      this.#tell('taken', aggregate, stream);
    } catch (error) {
      if (!isMainstemError(error, 'AGGREGATE_STATE_NOT_STORABLE', 'AGGREGATE_STATE_TOO_LARGE')) return this.#failed(target, error);
      if (error.code === 'AGGREGATE_STATE_NOT_STORABLE') this.#refused.add(aggregate);
      else postpone();
      this.#tell('refused', aggregate, stream, { error });
    } finally {
      this.#underWay.delete(stream);
    }
  }

  /** Undefined if the stream is no longer the one that was folded. */
  async #eventAt(stream: StreamName, { revision, lastEventId }: SnapshotContent): Promise<RecordedEvent | undefined> {
    for await (const [event] of this.#options.reader.readStream(stream, { from: revision, limit: 1, signal: AbortSignal.timeout(SAVE_MS) })) {
      if (event?.revision === revision && event.id === lastEventId) return event;
    }
    return undefined;
  }

  #failed({ aggregate, stream }: Target, error: unknown): void {
    this.#pausedUntilMs = this.#options.runtime.monotonic() + PAUSE_MS;
    this.#tell('failed', aggregate, stream, { error });
  }

  #isPaused(): boolean {
    return this.#options.runtime.monotonic() < this.#pausedUntilMs;
  }

  #keyOf(stream: StreamName): SnapshotKey | undefined {
    const incarnation: Incarnation | undefined = this.#options.reader.incarnation;
    return incarnation === undefined ? undefined : { incarnation, stream };
  }

  #formOf(aggregate: SnapshottedAggregate): SnapshotForm {
    let form = this.#forms.get(aggregate);
    if (!form) this.#forms.set(aggregate, (form = new SnapshotForm(aggregate)));
    return form;
  }

  #tell(outcome: SnapshotOutcome, { category }: SnapshottedAggregate, stream: StreamName, more: { error?: unknown; reason?: string } = {}): void {
    const kind = `${outcome} ${category} ${isMainstemError(more.error) ? more.error.code : ''}`;
    const isFirst = !this.#toldOnce.has(kind);
    this.#toldOnce.add(kind);
    this.#options.tell?.({ outcome, category, stream, ...more, isFirst });
  }
}
