// The status of a partitioned projection, merged from the parts that one process sees.
import { isPositionBefore } from '@mainstem/event-store';
import type { Phase } from './projection-state.js';
import type { PartitionStatus, ProjectionStatus } from './projection-status.js';

/** What needs people comes first; an activity of this instance comes before what it waits for. */
const BY_WEIGHT: readonly Phase[] = ['stopped', 'retrying', 'waiting', 'paused', 'starting', 'rebuilding', 'catching-up', 'live', 'standby'];

/** `statuses`: those of the parts, in order; at least one. A projection without parts keeps its own status. */
export const mergedStatus = (statuses: readonly ProjectionStatus[]): ProjectionStatus => {
  const [first] = statuses;
  if (!first) throw new TypeError('a projection has at least one part');
  if (statuses.length === 1) return first;
  const heaviest = statuses.reduce((one, other) => (BY_WEIGHT.indexOf(other.state) < BY_WEIGHT.indexOf(one.state) ? other : one));
  const reason = heaviest.reason ?? statuses.find((status) => status.reason !== undefined)?.reason;
  const { position: _, head: __, lagEvents: ___, lagMs: ____, reason: _____, owner: ______, ...common } = heaviest;
  const { position, head, lagEvents, lagMs } = statuses.reduce((one, other) => (isPositionBefore(other.position, one.position) ? other : one));
  const owners = new Set(statuses.map(({ owner }) => owner));
  const [owner] = owners.size === 1 ? owners : [undefined];
  return {
    ...common,
    ...(reason !== undefined && { reason }),
    ...(owner !== undefined && { owner }),
    ...(position !== undefined && { position }),
    ...(head !== undefined && { head }),
    ...(lagEvents !== undefined && { lagEvents }),
    ...(lagMs !== undefined && { lagMs }),
    parkedKeys: sumOf(statuses, ({ parkedKeys }) => parkedKeys),
    parkedEvents: sumOf(statuses, ({ parkedEvents }) => parkedEvents),
    eventsApplied: Math.max(...statuses.map(({ eventsApplied }) => eventsApplied)),
    eventsPerSecond: Math.max(...statuses.map(({ eventsPerSecond }) => eventsPerSecond)),
    isHealthy: statuses.every(({ isHealthy }) => isHealthy),
    partitions: statuses.map(partOf),
  };
};

const partOf = ({ state, owner, position, lagEvents, lagMs, reason }: ProjectionStatus, partition: number): PartitionStatus => ({
  partition,
  state,
  ...(owner !== undefined && { owner }),
  ...(position !== undefined && { position }),
  ...(lagEvents !== undefined && { lagEvents }),
  ...(lagMs !== undefined && { lagMs }),
  ...(reason !== undefined && { reason }),
});

const sumOf = (statuses: readonly ProjectionStatus[], figure: (status: ProjectionStatus) => number): number =>
  statuses.reduce((sum, status) => sum + figure(status), 0);
