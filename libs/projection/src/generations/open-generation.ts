// A generation that this instance writes: its session, and everything that is valid only with the session.
import { isMainstemError, systemRuntime, type EventMark, type EventReader, type Position, type Runtime } from '@mainstem/event-store';
import { filterFor } from '../definition/wanted-events.js';
import { PartitionWaits, TooManyParked } from './errors.js';
import { CheckpointMoved, UnknownGeneration } from '../read-store/errors.js';
import { EMPTY_DIGEST } from '../read-store/rolling-digest.js';
import { WHOLE, type Partition } from '../read-store/partition.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { CheckpointMove, CommitBatch, ReadStoreSession } from '../read-store/read-store.js';
import { DocumentCache } from '../fold/document-cache.js';
import type { CrashPoints } from './crash-points.js';
import { chooseGeneration } from './generation-choice.js';
import type { Hosted } from '../definition/hosted-projection.js';
import { isLongHistory } from './long-history.js';
import { isParkedIn } from '../fold/parking.js';
import type { RollUpGroup } from '../fold/roll-up-group.js';
import { assertSameLog } from './same-log.js';
import { generationOf, servingOf } from './generations-of.js';

/** Parked keys are kept in memory; with more of them the whole projection is broken. */
export const PARKED_KEYS_MAX = 10_000;

const CREATE_ATTEMPTS_MAX = 3;
/** How long a part waits for part 0's generation before it reports that, and how often it looks. */
const CREATED_WAIT_MS = 2_000;
const CREATED_LOOK_MS = 20;

/** Events that a commit has newly parked and settled. */
export type ParkingChanges = Pick<CommitBatch, 'park' | 'unpark'>;

export interface OpenOptions {
  readonly reader: EventReader;
  readonly cacheBytesMax: number;
  readonly crash?: CrashPoints | undefined;
  readonly signal?: AbortSignal;
  /**
   * True: it has served from this read store before. If the store has lost that, queries see the new one only when it
   * is complete, however short its history. Default false.
   */
  readonly hasServed?: boolean;
  /** The part of the projection; default all of it. */
  readonly partition?: Partition;
  readonly runtime?: Runtime;
  /** Like in `OpenSessionOptions`. */
  readonly onLongStep?: (() => void) | undefined;
}

/**
 * Chooses the generation to write, creates a missing one, and takes the right to write it. For a partitioned projection
 * only part 0 creates it. Errors: PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_CHANGED, PROJECTION_CHECKPOINT_AHEAD,
 * PROJECTION_EVENT_STORE_RESTORED, PROJECTION_PARTITION_WAITS, and those of the stores.
 */
export const openGeneration = async (hosted: Hosted, options: OpenOptions): Promise<OpenGeneration> => {
  const { projection, store, rebuild = 'manual' } = hosted;
  const { incarnation } = options.reader;
  await options.crash?.reach('before-open', projection.name);
  const otherShapes = new Set<number>();
  const { partition = WHOLE, runtime = systemRuntime } = options;
  const deadline = runtime.monotonic() + CREATED_WAIT_MS;
  for (let attempt = 1; ; attempt++) {
    const generations = (await store.generations(projection.name)).map((one) => (otherShapes.has(one.number) ? { ...one, fingerprint: '' } : one));
    const choice = chooseGeneration(generations, projection, incarnation, rebuild);
    if (choice.kind === 'open') {
      try {
        return await openSession(hosted, choice.number, choice.isFilling ? fillingOf(generations, choice.number) : undefined, options);
      } catch (error) {
        // A read store may see a change that the fingerprint does not, such as a column of an entity.
        if (!isMainstemError(error, 'READ_STORE_FINGERPRINT_MISMATCH') || otherShapes.has(choice.number)) throw error;
        otherShapes.add(choice.number);
        continue;
      }
    }
    if (partition.number > 0) {
      if (runtime.monotonic() >= deadline || options.signal?.aborted) throw new PartitionWaits(projection.name, partition.number);
      await runtime.sleep(CREATED_LOOK_MS, options.signal);
      continue;
    }
    if (attempt > CREATE_ATTEMPTS_MAX) throw new TypeError(`read store ${store.name} does not list the generation it has just created`);
    // Chosen again afterwards: another instance may have created one at the same moment.
    const isFirst = !options.hasServed && generations.every(({ state, damage }) => state !== 'serving' && damage === undefined);
    // Queries would see the beginning of a long history as if it were complete. Perhaps the read store lost its data,
    // and no process that knew them still runs. A reaction shows nothing to queries.
    const isBulk = projection.kind !== 'reaction' && (!isFirst || (await isLongHistory(filterFor([projection]), { ...options, runtime })));
    await store.createGeneration(projection, incarnation, { isBulk });
    if (isBulk) await options.crash?.reach('begin', projection.name);
  }
};

/**
 * Opens a certain generation that does not serve yet. Errors: READ_STORE_CHECKPOINT_MOVED if it serves already and so
 * belongs to another writer; READ_STORE_UNKNOWN_GENERATION, and those of `openGeneration`.
 */
export const openGenerationNumber = async (hosted: Hosted, number: number, options: OpenOptions): Promise<OpenGeneration> => {
  const { projection, store } = hosted;
  await options.crash?.reach('before-open', projection.name);
  const generations = await store.generations(projection.name);
  const found = generationOf(generations, number);
  if (!found) throw new UnknownGeneration(projection.name, number);
  if (found.state === 'serving') throw new CheckpointMoved(projection.name, number);
  return openSession(hosted, number, fillingOf(generations, number), options);
};

/**
 * The digest of a reaction before its first event, once it has begun behind the end of the log. It marks the reaction
 * as begun.
 */
const BEGUN_DIGEST = '0000000000000001';

/** Moves the checkpoint of a new reaction to the end of the log. False: it has begun, or begins elsewhere. */
const beginsAtEnd = async (projection: Hosted['projection'], session: ReadStoreSession, { reader, signal }: OpenOptions): Promise<boolean> => {
  const { position, digest } = session.checkpoint;
  if (projection.kind !== 'reaction' || projection.startsAt !== 'now' || position !== undefined || digest !== EMPTY_DIGEST) return false;
  let last: EventMark | undefined;
  for await (const [event] of reader.readAll({ direction: 'backwards', limit: 1, needsPayload: false, ...(signal && { signal }) })) last = event;
  const lastEvent = last && { position: last.position, id: last.id };
  await session.commit({ changes: [], checkpoint: { from: undefined, to: lastEvent?.position, digest: BEGUN_DIGEST, lastEvent } });
  return true;
};

const fillingOf = (generations: readonly Generation[], number: number): Filling => ({
  servingBefore: servingOf(generations)?.checkpoint.position,
  wasPromoted: generationOf(generations, number)?.state === 'retired',
});

/** For a generation that does not serve yet. */
interface Filling {
  /** The position of the serving generation, which queries see meanwhile. */
  readonly servingBefore: Position | undefined;
  /** It has served before, so it was complete and checked. */
  readonly wasPromoted: boolean;
}

const openSession = async (hosted: Hosted, number: number, filling: Filling | undefined, options: OpenOptions): Promise<OpenGeneration> => {
  const { projection, store } = hosted;
  const { partition = WHOLE } = options;
  const session = await store.open(projection, number, partition.number, { onLongStep: options.onLongStep });
  try {
    await options.crash?.reach('after-open', projection.name);
    if (await beginsAtEnd(projection, session, options)) {
      await session.close();
      return await openSession(hosted, number, filling, options);
    }
    // Each part would have to know when the others are filled, so partitioned generations have their indexes from the
    // start.
    if (filling && partition.count > 1) await session.finishBulk();
    const lastEvent = await assertSameLog(hosted, session.checkpoint, options.reader, options.signal);
    return new OpenGeneration(session, projection, { filling, partition, lastEvent }, await session.parkedKeys(), options.cacheBytesMax);
  } catch (error) {
    await session.close();
    throw error;
  }
};

interface Opening {
  readonly filling?: Filling | undefined;
  readonly partition?: Partition | undefined;
  /** The event at the checkpoint, as found. */
  readonly lastEvent?: EventMark | undefined;
}

export class OpenGeneration {
  readonly projection: string;
  /** Everything up to here was applied; the stored checkpoint may lag by events that changed nothing. */
  position: Position | undefined;
  digest: string;
  /** The newest known event up to there; the store keeps it beside the checkpoint. */
  #lastEvent: EventMark | undefined;
  /** The number of parked events for each key. */
  readonly parkedKeys: Map<string, number>;
  readonly documents: DocumentCache;
  /** By roll-up. */
  readonly groups: ReadonlyMap<string, DocumentCache<RollUpGroup>>;
  #committed: Position | undefined;

  /** The part of the projection that writes it. */
  readonly partition: Partition;
  #filling: Filling | undefined;

  constructor(
    readonly session: ReadStoreSession,
    projection: Hosted['projection'],
    { filling, partition = WHOLE, lastEvent }: Opening,
    parkedKeys: ReadonlyMap<string, number>,
    cacheBytesMax: number,
  ) {
    const { position, digest } = session.checkpoint;
    const rollUps = projection.kind === 'document' ? projection.rollUps : [];
    const share = Math.floor(cacheBytesMax / (1 + rollUps.length));
    this.projection = projection.name;
    this.position = position;
    this.#committed = position;
    this.#filling = filling;
    this.digest = digest;
    this.#lastEvent = lastEvent;
    this.partition = partition;
    this.parkedKeys = partition.count === 1 ? new Map(parkedKeys) : new Map([...parkedKeys].filter(([key]) => isParkedIn(key, partition)));
    this.documents = new DocumentCache(share, position === undefined);
    this.groups = new Map(rollUps.map(({ name }) => [name, new DocumentCache<RollUpGroup>(share, position === undefined)]));
  }

  /** It does not serve yet, and is promoted once it has caught up. */
  get isFilling(): boolean {
    return this.#filling !== undefined;
  }

  /** It served before and was retired. */
  get wasPromoted(): boolean {
    return this.#filling?.wasPromoted ?? false;
  }

  /** The position that queries see. */
  get visible(): Position | undefined {
    return this.#filling ? this.#filling.servingBefore : this.#committed;
  }

  /** The checkpoint in the read store. */
  get committed(): Position | undefined {
    return this.#committed;
  }

  /** Events without effect were passed, and the checkpoint does not show it yet. */
  get isAheadOfCheckpoint(): boolean {
    return this.position !== this.#committed;
  }

  /** The move of the checkpoint by a commit. `lastEvent`: given if one is known that is newer than the stored one. */
  move(position: Position | undefined, digest: string, lastEvent: EventMark | undefined = this.#lastEvent): CheckpointMove {
    // A copy: the event itself holds its payload.
    const mark = lastEvent && { position: lastEvent.position, id: lastEvent.id };
    return { from: this.#committed, to: position, digest, lastEvent: mark };
  }

  /** Adopts the results of a commit. */
  committedTo(move: CheckpointMove, parking: ParkingChanges): void {
    this.pass(move);
    this.#committed = move.to;
    for (const { key } of parking.park ?? []) this.#countParked(key, 1);
    for (const { key } of parking.unpark ?? []) this.#countParked(key, -1);
  }

  /** Errors: PROJECTION_TOO_MANY_PARKED. */
  assertParkedKeysBounded(): void {
    if (this.parkedKeys.size > PARKED_KEYS_MAX) throw new TooManyParked(this.projection, PARKED_KEYS_MAX);
  }

  /** It serves now. */
  promoted(): void {
    this.#filling = undefined;
  }

  /** Passes events that changed nothing, without a commit. */
  pass({ to, digest, lastEvent }: CheckpointMove): void {
    this.position = to;
    this.digest = digest;
    this.#lastEvent = lastEvent;
  }

  /** Writes the position after events without effect. Errors: those of the read store. */
  async saveCheckpoint(): Promise<void> {
    if (!this.isAheadOfCheckpoint) return;
    const checkpoint = this.move(this.position, this.digest);
    await this.session.commit({ changes: [], checkpoint });
    this.committedTo(checkpoint, {});
  }

  /** Writes the checkpoint without moving it: a sign of life during long work. Errors: those of the read store. */
  async confirm(): Promise<void> {
    await this.session.commit({ changes: [], checkpoint: this.move(this.#committed, this.digest) });
  }

  /** After a refused batch: totals of groups in memory may have changed. */
  dropCaches(): void {
    this.documents.clear();
    for (const cache of this.groups.values()) cache.clear();
  }

  #countParked(key: string, change: 1 | -1): void {
    const count = (this.parkedKeys.get(key) ?? 0) + change;
    if (count > 0) this.parkedKeys.set(key, count);
    else this.parkedKeys.delete(key);
  }
}
