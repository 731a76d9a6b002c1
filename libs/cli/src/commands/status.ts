// mainstem status: the state of every projection, from its read store and the event store.
import { MainstemError, isPositionBefore, type EventReader, type Incarnation, type Position } from '@mainstem/event-store';
import type { HostedProjection } from '@mainstem/projection';
import {
  ABANDONED_AFTER_MS,
  assertSameLogOf,
  generationChoiceOf,
  isOfLostEvents,
  newestFillingOf,
  SEATS_FROM,
  servingOf,
  type Generation,
  type HeldLease,
} from '@mainstem/projection/operate';
import { count, duration } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { nameOf } from '../format/name-of.js';
import { table, type Column } from '../format/table.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';
import { leftBehindReport, storedLeftBehind } from './left-behind.js';

export const PARKED_MAX = 1_000;

/**
 * `Stopped`: the stores alone show that no projector can go on, and the reason. The stores do not show whether a
 * projector runs: a dead projector looks like a slow one.
 */
export type StoredState = 'Live' | 'Catching up' | 'Rebuilding' | 'Filling' | 'Not started' | 'Stopped';

export interface StoredStatus {
  readonly projection: string;
  readonly store: string;
  readonly state: StoredState;
  /** Code and message if it is stopped. */
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

/** Prints the status; exit code 1 if a projection is stopped or no process runs it. */
export const status = async (context: CliContext, options: { readonly json?: boolean; readonly now: () => number }): Promise<number> => {
  const { application, settings, terminal } = context;
  return using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async (readModels) => {
      const statuses = await storedStatuses(reader, readModels.projections, options.now);
      const others = await storedLeftBehind(readModels);
      const lines = options.json ? [toJson([...statuses, ...others], true)] : [...report(statuses), ...leftBehindReport(others)];
      for (const line of lines) await terminal.print(line);
      return statuses.some((one) => one.state === 'Stopped' || isRunByNone(one)) ? 1 : 0;
    }),
  );
};

/** The status of all projections, against the same head. */
export const storedStatuses = async (
  reader: EventReader,
  projections: readonly HostedProjection[],
  now: () => number,
): Promise<readonly StoredStatus[]> => {
  const head = await reader.head();
  const statuses: StoredStatus[] = [];
  for (const hosted of projections) statuses.push(await statusOf(reader, hosted, head, now));
  return statuses;
};

const statusOf = async (reader: EventReader, hosted: HostedProjection, head: Position | undefined, now: () => number): Promise<StoredStatus> => {
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
  hosted: HostedProjection,
  generations: readonly Generation[],
  { named, now }: StatusParts,
): Promise<StoredStatus> => {
  const { projection, store } = hosted;
  const { head } = named;
  const serving = servingOf(generations);
  const position = serving?.checkpoint.position;
  const isBehind = isPositionBefore(position, head);
  const stopped = reasonToStop(hosted, generations, reader.incarnation) ?? (await lostEvents(hosted, generations, reader));
  const state = stopped ? 'Stopped' : stateOf(serving, generations, isBehind);
  const parked = serving ? (await store.parked(projection.name, PARKED_MAX)).length : 0;
  const lagSeconds = isBehind ? await ageOfNext(reader, position, now) : 0;
  const generationsStored = generations.map((one) => storedGeneration(one, hosted, (position) => lagOf(reader, position, head), now()));
  const lagEvents = lagOf(reader, position, head);
  const owners = ownersIn(await store.leases(projection.name));
  return {
    ...named,
    state,
    reason: stopped,
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
    .filter(({ partition }) => partition < SEATS_FROM)
    .map(({ partition, owner, fingerprint }) => ({ partition, owner, fingerprint }))
    .sort((left, right) => left.partition - right.partition);

const storedGeneration = (
  { number, state, version, fingerprint, checkpoint, partitions, updatedAt }: Generation,
  { projection }: HostedProjection,
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

const reasonToStop = (hosted: HostedProjection, generations: readonly Generation[], incarnation: Incarnation): string | undefined => {
  const choice = generationChoiceOf(generations, hosted.projection, incarnation, hosted.rebuild);
  if (choice.kind === 'foreign')
    return `PROJECTION_FOREIGN_EVENT_STORE: it was filled from event store ${choice.incarnation}, this one is ${incarnation}`;
  return choice.kind === 'changed' ? `PROJECTION_CHANGED: generation ${choice.number} was filled by another definition` : undefined;
};

/** Why neither the serving nor the filling generation can go on: the event store lacks events that it has applied. */
const lostEvents = async (hosted: HostedProjection, generations: readonly Generation[], reader: EventReader): Promise<string | undefined> => {
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

/** The progress of a first or next generation, if positions count events. */
const filledOf = ({ state, head, generations }: StoredStatus): string => {
  if ((state !== 'Filling' && state !== 'Rebuilding') || head === undefined) return '';
  const filling = generations.findLast(({ state: of }) => of === 'filling' || of === 'abandoned');
  if (filling?.lagEvents === undefined || filling.lagEvents < 0n) return '';
  return ` ${((head - filling.lagEvents) * 100n) / head} %`;
};

/** By the leases in its read store: a projector that died keeps its lease for some seconds. */
const isRunByNone = ({ state, owners }: StoredStatus): boolean => state !== 'Stopped' && owners.length === 0;

const COLUMNS: readonly Column<StoredStatus>[] = [
  { title: 'projection', value: ({ projection }) => projection },
  { title: 'store', value: ({ store }) => store },
  { title: 'state', value: (one) => `${one.state}${filledOf(one)}` },
  { title: 'generation', value: ({ generation }) => String(generation ?? '–'), align: 'right' },
  { title: 'position', value: ({ position }) => (position === undefined ? '–' : count(position)), align: 'right' },
  { title: 'lag', value: ({ lagEvents }) => (lagEvents === undefined ? '?' : count(lagEvents)), align: 'right' },
  { title: 'for', value: ({ lagSeconds }) => duration(lagSeconds * 1000), align: 'right' },
  { title: 'parked', value: ({ parked }) => `${count(parked)}${parked === PARKED_MAX ? '+' : ''}`, align: 'right' },
  { title: 'run by', value: ({ owners }) => [...new Set(owners.map(({ owner }) => owner))].join(', ') || '–' },
];

interface PartitionRow extends StoredPartition {
  readonly projection: string;
  readonly owners: readonly StoredOwner[];
}

const PARTITION_COLUMNS: readonly Column<PartitionRow>[] = [
  { title: 'projection', value: ({ projection }) => projection },
  { title: 'part', value: ({ partition }) => String(partition), align: 'right' },
  { title: 'position', value: ({ position }) => (position === undefined ? '–' : count(position)), align: 'right' },
  { title: 'lag', value: ({ lagEvents }) => (lagEvents === undefined ? '?' : count(lagEvents)), align: 'right' },
  { title: 'run by', value: ({ owners }) => owners.map(({ owner }) => owner).join(', ') || '–' },
];

/** The parts of serving generations that are partitioned. */
const partitionsReport = (statuses: readonly StoredStatus[]): readonly string[] => {
  const rows = statuses.flatMap((status) => {
    const { generations, generation, owners } = status;
    const projection = nameOf(status, statuses);
    const partitions = generations.find(({ number }) => number === generation)?.partitions ?? [];
    return partitions.map((one) => ({ ...one, projection, owners: owners.filter(({ partition }) => partition === one.partition) }));
  });
  return rows.length === 0 ? [] : ['', 'Parts; the position of a projection is that of its part furthest behind:', ...table(PARTITION_COLUMNS, rows)];
};

interface GenerationRow extends StoredGeneration {
  readonly projection: string;
}

const GENERATION_COLUMNS: readonly Column<GenerationRow>[] = [
  { title: 'projection', value: ({ projection }) => projection },
  { title: 'generation', value: ({ number }) => String(number), align: 'right' },
  { title: 'state', value: ({ state }) => state },
  { title: 'version', value: ({ version }) => String(version), align: 'right' },
  { title: 'definition', value: ({ fingerprint, isMine }) => (isMine ? `${fingerprint} (this one)` : fingerprint) },
  { title: 'position', value: ({ position }) => (position === undefined ? '–' : count(position)), align: 'right' },
  { title: 'behind by', value: ({ lagEvents }) => (lagEvents === undefined ? '?' : count(lagEvents)), align: 'right' },
];

/** Printed only if it says more than the first table. */
const generationsReport = (statuses: readonly StoredStatus[]): readonly string[] => {
  const rows = statuses.flatMap((status) => {
    const { generations } = status;
    const isMore = generations.length > 1 || generations.some(({ state }) => state !== 'serving');
    return isMore ? generations.map((one) => ({ ...one, projection: nameOf(status, statuses) })) : [];
  });
  if (rows.length === 0) return [];
  const isAnyAbandoned = rows.some(({ state }) => state === 'abandoned');
  const hint = 'An abandoned generation is an unfinished rebuild: mainstem rebuild goes on with it, mainstem cleanup deletes it.';
  return ['', 'Generations:', ...table(GENERATION_COLUMNS, rows), ...(isAnyAbandoned ? [hint] : [])];
};

const runByNoneReport = (statuses: readonly StoredStatus[]): readonly string[] => {
  const names = statuses.filter(isRunByNone).map((status) => nameOf(status, statuses));
  return names.length === 0 ? [] : [`No process runs: ${names.join(', ')}. Start the projector.`];
};

/** A longer lag is more than the way from the event store. */
const STALLED_AFTER_S = 10;

/** What the stores cannot show, and where to look. */
const stalledReport = (statuses: readonly StoredStatus[]): readonly string[] => {
  const stalled = statuses.filter(({ state, lagSeconds }) => state === 'Catching up' && lagSeconds >= STALLED_AFTER_S);
  if (stalled.length === 0) return [];
  const names = stalled.map((status) => nameOf(status, statuses)).join(', ');
  return [`Behind for ${STALLED_AFTER_S} s or more: ${names}. Its projector catches up, is down or has stopped; its log and /health/ready tell.`];
};

const report = (statuses: readonly StoredStatus[]): readonly string[] => {
  const head = statuses[0]?.head;
  const reasons = statuses.flatMap((status) => (status.reason ? [`${nameOf(status, statuses)}: ${status.reason}`] : []));
  return [
    `Event store: ${head === undefined ? 'empty' : `head at position ${count(head)}`}`,
    '',
    ...table(COLUMNS, statuses),
    ...reasons,
    ...runByNoneReport(statuses),
    ...stalledReport(statuses),
    ...partitionsReport(statuses),
    ...generationsReport(statuses),
  ];
};
