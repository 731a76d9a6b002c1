// Reads where each projection stands, from what its read store and the event store hold.
import { MainstemError, isPositionBefore, type EventReader, type Incarnation, type Position } from '@mainstem/event-store';
import {
  ABANDONED_AFTER_MS,
  assertSameLogOf,
  generationChoiceOf,
  isOfLostEvents,
  newestFillingOf,
  MEMBERS_FROM,
  pausedText,
  pauseOf,
  servingOf,
  type Generation,
  type HeldLease,
} from '@mainstem/projection/operate';
import type { Hosted } from '@mainstem/projection/reaction';

export const PARKED_MAX = 1_000;

/**
 * `Paused`: by an operator. `Stopped`: the stores alone show that no projector can go on, and the reason. The stores do
 * not show whether a projector runs: a dead projector looks like a slow one.
 */
export type StoredState = 'Live' | 'Catching up' | 'Rebuilding' | 'Filling' | 'Not started' | 'Paused' | 'Stopped';

export interface StoredStatus {
  readonly projection: string;
  readonly store: string;
  readonly state: StoredState;
  /** Code and message if it is stopped or paused. */
  readonly reason: string | undefined;
  readonly generation: number | undefined;
  readonly position: Position | undefined;
  readonly head: Position | undefined;
  /** Events still to apply; negative if the store lacks applied events; undefined if positions do not count. */
  readonly lagEvents: bigint | undefined;
  /** How long the oldest of these events has been in the event store. */
  readonly lagSeconds: number;
  /** The number of parked events, at most PARKED_MAX. */
  readonly parked: number;
  /** The holders of its leases, by part: present owners, and an owner that died less than a lease ago. */
  readonly owners: readonly StoredOwner[];
  /** All generations, by number. */
  readonly generations: readonly StoredGeneration[];
}

export interface StoredOwner {
  /** From 0; only 0 for a projection that is not partitioned. */
  readonly partition: number;
  /** Machine, process and a random part. */
  readonly owner: string;
  /** The fingerprint of the definition that it runs. */
  readonly fingerprint: string;
}

export interface StoredGeneration {
  readonly number: number;
  /** `abandoned`: a rebuild that gives no sign of life any more. */
  readonly state: Generation['state'] | 'abandoned';
  readonly version: number;
  readonly fingerprint: string;
  /** True if this program's definition has filled it. */
  readonly isMine: boolean;
  readonly position: Position | undefined;
  /** Events of the event store that it lacks; undefined if positions do not count events. */
  readonly lagEvents: bigint | undefined;
  /** The parts of a partitioned one, by number; the position is then that of the part furthest behind. */
  readonly partitions: readonly StoredPartition[] | undefined;
}

export interface StoredPartition {
  /** From 0. */
  readonly partition: number;
  readonly position: Position | undefined;
  /** Like for the generation. */
  readonly lagEvents: bigint | undefined;
}

/** The status of all projections and reactions, against the same head. */
export const storedStatuses = async (reader: EventReader, projections: readonly Hosted[], now: () => number): Promise<readonly StoredStatus[]> => {
  const head = await reader.head();
  const statuses: StoredStatus[] = [];
  for (const hosted of projections) statuses.push(await statusOf(reader, hosted, head, now));
  return statuses;
};

const statusOf = async (reader: EventReader, hosted: Hosted, head: Position | undefined, now: () => number): Promise<StoredStatus> => {
  const { projection, store } = hosted;
  const named = { projection: projection.name, store: store.name, head };
  try {
    const generations = await store.generations(projection.name);
    // A projector may have passed the head since it was read.
    if (generations.some(({ checkpoint }) => isPositionBefore(head, checkpoint.position))) named.head = await reader.head();
    return await statusIn(reader, hosted, generations, { named, now });
  } catch (error) {
    // A store that is down must not hide the others.
    if (!(error instanceof Error)) throw error;
    const reason = reasonOf(error);
    return {
      ...named,
      state: 'Stopped',
      reason,
      generation: undefined,
      position: undefined,
      lagEvents: undefined,
      lagSeconds: 0,
      parked: 0,
      owners: [],
      generations: [],
    };
  }
};

interface StatusParts {
  readonly named: Pick<StoredStatus, 'projection' | 'store' | 'head'>;
  readonly now: () => number;
}

const statusIn = async (
  reader: EventReader,
  hosted: Hosted,
  generations: readonly Generation[],
  { named, now }: StatusParts,
): Promise<StoredStatus> => {
  const { projection, store } = hosted;
  const { head } = named;
  const serving = servingOf(generations);
  const position = serving?.checkpoint.position;
  const isBehind = isPositionBefore(position, head);
  const stopped = reasonToStop(hosted, generations, reader.incarnation) ?? (await lostEvents(hosted, generations, reader));
  const paused = stopped === undefined ? await pauseOf({ projection: projection.name, store }) : undefined;
  const state = stopped ? 'Stopped' : paused ? 'Paused' : stateOf(serving, generations, isBehind);
  const parked = serving ? (await store.parked(projection.name, PARKED_MAX)).length : 0;
  const lagSeconds = isBehind ? await ageOfNext(reader, position, now) : 0;
  const generationsStored = generations.map((one) => storedGeneration(one, hosted, (position) => lagOf(reader, position, head), now()));
  const lagEvents = lagOf(reader, position, head);
  const owners = ownersIn(await store.leases(projection.name));
  return {
    ...named,
    state,
    reason: stopped ?? (paused && pausedText(paused)),
    generation: serving?.number,
    position,
    lagEvents,
    lagSeconds,
    parked,
    owners,
    generations: generationsStored,
  };
};

const reasonOf = (error: Error): string => (error instanceof MainstemError ? `${error.code}: ${error.message}` : error.message);

const ownersIn = (leases: readonly HeldLease[]): readonly StoredOwner[] =>
  leases
    .filter(({ partition }) => partition < MEMBERS_FROM)
    .map(({ partition, owner, fingerprint }) => ({ partition, owner, fingerprint }))
    .sort((left, right) => left.partition - right.partition);

const storedGeneration = (
  { number, state, version, fingerprint, checkpoint, partitions, updatedAt }: Generation,
  { projection }: Hosted,
  lagAt: (position: Position | undefined) => bigint | undefined,
  nowMs: number,
): StoredGeneration => {
  const isAbandoned = state === 'filling' && nowMs - Date.parse(updatedAt) > ABANDONED_AFTER_MS;
  return {
    number,
    state: isAbandoned ? 'abandoned' : state,
    version,
    fingerprint,
    isMine: fingerprint === projection.fingerprint,
    position: checkpoint.position,
    lagEvents: lagAt(checkpoint.position),
    partitions: partitions?.map(({ position }, partition) => ({ partition, position, lagEvents: lagAt(position) })),
  };
};

const stateOf = (serving: Generation | undefined, generations: readonly Generation[], isBehind: boolean): StoredState => {
  if (!serving) return generations.some(({ state }) => state === 'filling') ? 'Filling' : 'Not started';
  if (generations.some(({ state, number }) => state === 'filling' && number > serving.number)) return 'Rebuilding';
  return isBehind ? 'Catching up' : 'Live';
};

const reasonToStop = (hosted: Hosted, generations: readonly Generation[], incarnation: Incarnation): string | undefined => {
  const choice = generationChoiceOf(generations, hosted.projection, incarnation, hosted.rebuild);
  if (choice.kind === 'foreign')
    return `PROJECTION_FOREIGN_EVENT_STORE: it was filled from event store ${choice.incarnation}, this one is ${incarnation}`;
  return choice.kind === 'changed' ? `PROJECTION_CHANGED: generation ${choice.number} was filled by another definition` : undefined;
};

/** Why neither the serving nor the filling generation can go on: the event store lacks events that it has applied. */
const lostEvents = async (hosted: Hosted, generations: readonly Generation[], reader: EventReader): Promise<string | undefined> => {
  const current = servingOf(generations) ?? newestFillingOf(generations);
  try {
    if (current) await assertSameLogOf(hosted, current, reader);
    return undefined;
  } catch (error) {
    if (error instanceof Error && isOfLostEvents(error)) return reasonOf(error);
    throw error;
  }
};

const lagOf = (reader: EventReader, position: Position | undefined, head: Position | undefined): bigint | undefined => {
  if (position === head) return 0n;
  // Positions that count events begin at 1.
  return reader.hasDensePositions ? (head ?? 0n) - (position ?? 0n) : undefined;
};

const ageOfNext = async (reader: EventReader, after: Position | undefined, now: () => number): Promise<number> => {
  for await (const [event] of reader.readAll({ after, limit: 1 })) {
    if (event) return Math.max(0, Math.round((now() - Date.parse(event.recordedAt)) / 1000));
  }
  return 0;
};

/** By the leases in its read store: a projector that died keeps its lease for some seconds. */
export const isRunByNone = ({ state, owners }: StoredStatus): boolean => state !== 'Stopped' && state !== 'Paused' && owners.length === 0;
