// What mainstem status prints: a table of the projections, then what needs a second look.
import { count, duration } from '../format/amounts.js';
import { nameOf } from '../format/name-of.js';
import { table, type Column } from '../format/table.js';
import { isRunByNone, PARKED_MAX, type StoredGeneration, type StoredOwner, type StoredPartition, type StoredStatus } from './stored-status.js';

/** The progress of a first or next generation, if positions count events. */
const filledOf = ({ state, head, generations }: StoredStatus): string => {
  if ((state !== 'Filling' && state !== 'Rebuilding') || head === undefined) return '';
  const filling = generations.findLast(({ state: of }) => of === 'filling' || of === 'abandoned');
  if (filling?.lagEvents === undefined || filling.lagEvents < 0n) return '';
  return ` ${((head - filling.lagEvents) * 100n) / head} %`;
};

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

/** All that the command prints about them, a line each. */
export const statusReport = (statuses: readonly StoredStatus[]): readonly string[] => {
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
