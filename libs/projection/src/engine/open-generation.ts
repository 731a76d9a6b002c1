// A generation that this instance writes: its session, and everything that is valid only as long as the session is.
import type { EventReader, Position } from '@mainstem/event-store';
import { CheckpointAhead, TooManyParked } from '../errors.js';
import type { CheckpointMove, CommitBatch, ReadStoreSession } from '../read-store/read-store.js';
import { DocumentCache } from './document-cache.js';
import type { CrashPoints } from './crash-points.js';
import { chooseGeneration } from './generation-choice.js';
import type { AnyProjection, HostedProjection } from './hosted-projection.js';
import type { RollUpGroup } from './roll-up-group.js';

/** Parked keys are kept in memory; a projection with more of them is broken as a whole. */
export const PARKED_KEYS_MAX = 10_000;

const CREATE_ATTEMPTS_MAX = 3;

/** Events newly parked and settled by a commit. */
export type ParkingChanges = Pick<CommitBatch, 'park' | 'unpark'>;

export interface OpenOptions {
  readonly reader: EventReader;
  readonly cacheBytesMax: number;
  readonly crash?: CrashPoints | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Picks the generation to write, creates it if there is none, and takes the right to write it.
 * Errors: PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_CHANGED, PROJECTION_CHECKPOINT_AHEAD, and those of the stores.
 */
export const openGeneration = async (hosted: HostedProjection, options: OpenOptions): Promise<OpenGeneration> => {
  const { projection, store, rebuild = 'manual' } = hosted;
  const { incarnation } = options.reader;
  await options.crash?.reach('before-open', projection.name);
  for (let attempt = 1; ; attempt++) {
    const generations = await store.generations(projection.name);
    const choice = chooseGeneration(generations, projection, incarnation, rebuild);
    if (choice.kind === 'open') {
      const serving = generations.find(({ state }) => state === 'serving');
      return openSession(hosted, choice.number, choice.isFilling ? { servingBefore: serving?.checkpoint.position } : undefined, options);
    }
    if (attempt > CREATE_ATTEMPTS_MAX) throw new TypeError(`read store ${store.name} does not list the generation it has just created`);
    // Chosen again afterwards: another instance may have created one at the same moment.
    await store.createGeneration(projection, incarnation);
  }
};

/** What queries see while the generation is being filled: the position of the one that serves. */
interface Filling {
  readonly servingBefore: Position | undefined;
}

const openSession = async (hosted: HostedProjection, number: number, filling: Filling | undefined, options: OpenOptions): Promise<OpenGeneration> => {
  const { projection, store } = hosted;
  const session = await store.open(projection, number);
  try {
    await options.crash?.reach('after-open', projection.name);
    const { position } = session.checkpoint;
    const head = position === undefined ? undefined : await options.reader.head(options.signal);
    if (position !== undefined && (head === undefined || head < position)) throw new CheckpointAhead(projection.name, store.name, position, head);
    return new OpenGeneration(session, projection, filling, await session.parkedKeys(), options.cacheBytesMax);
  } catch (error) {
    await session.close();
    throw error;
  }
};

export class OpenGeneration {
  readonly projection: string;
  /** Everything up to here was applied; the checkpoint in the read store may be behind by events that changed nothing. */
  position: Position | undefined;
  digest: string;
  /** Keys with parked events, and how many. */
  readonly parkedKeys: Map<string, number>;
  readonly documents: DocumentCache;
  /** By roll-up. */
  readonly groups: ReadonlyMap<string, DocumentCache<RollUpGroup>>;
  #committed: Position | undefined;

  #filling: Filling | undefined;

  constructor(
    readonly session: ReadStoreSession,
    projection: AnyProjection,
    filling: Filling | undefined,
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
    this.parkedKeys = new Map(parkedKeys);
    this.documents = new DocumentCache(share, position === undefined);
    this.groups = new Map(rollUps.map(({ name }) => [name, new DocumentCache<RollUpGroup>(share, position === undefined)]));
  }

  /** It does not serve yet, and is to be promoted once it has caught up. */
  get isFilling(): boolean {
    return this.#filling !== undefined;
  }

  /** What queries see. */
  get visible(): Position | undefined {
    return this.#filling ? this.#filling.servingBefore : this.#committed;
  }

  /** The checkpoint in the read store. */
  get committed(): Position | undefined {
    return this.#committed;
  }

  /** Events were passed that changed nothing, and the checkpoint does not show it yet. */
  get isAheadOfCheckpoint(): boolean {
    return this.position !== this.#committed;
  }

  /** The move of the checkpoint that a commit makes. */
  move(position: Position | undefined, digest: string): CheckpointMove {
    return { from: this.#committed, to: position, digest };
  }

  /** Takes over what a commit has made true. */
  committedTo(move: CheckpointMove, parking: ParkingChanges): void {
    this.position = move.to;
    this.digest = move.digest;
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
  pass(position: Position | undefined, digest: string): void {
    this.position = position;
    this.digest = digest;
  }

  /** Writes the position that events without effect have moved. Errors: those of the read store. */
  async saveCheckpoint(): Promise<void> {
    if (!this.isAheadOfCheckpoint) return;
    const checkpoint = this.move(this.position, this.digest);
    await this.session.commit({ changes: [], checkpoint });
    this.committedTo(checkpoint, {});
  }

  /** After a batch that was refused: totals of groups may have moved in memory. */
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
