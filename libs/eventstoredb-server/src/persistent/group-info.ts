// Describes a group: its settings, its figures, its consumers.
import type { Consumer } from './consumer.js';
import type { Group } from './group.js';
import { nameOfSource, placeText } from './source.js';
import type { Measurement } from './timings.js';

const INT32_MAX = 2 ** 31 - 1;
/** The texts of a real server, in the order of its bits. */
const STATES = ['Behind', 'OutstandingPageRequest', 'ReplayingParkedMessages', 'Live'] as const;

export interface ConsumerInfo {
  readonly connectionName: string;
  readonly username: string;
  readonly total: number;
  readonly countSinceReport: number;
  readonly perSecond: number;
  readonly freeSlots: number;
  readonly inFlight: number;
  readonly measurements: readonly Measurement[];
}

export interface GroupInfo {
  readonly group: Group;
  readonly source: string;
  readonly status: string;
  readonly checkpoint: string;
  readonly lastKnown: string;
  readonly startFrom: string;
  readonly checkpointAfterMs: number;
  readonly buffered: { readonly read: number; readonly live: number; readonly retries: number };
  readonly total: number;
  readonly countSinceReport: number;
  readonly perSecond: number;
  readonly inFlight: number;
  readonly unanswered: number;
  readonly parked: number;
  readonly consumers: readonly ConsumerInfo[];
}

/** The time of the last question, from which rates are computed. */
const reports = new WeakMap<Group, { readonly atMs: number; readonly total: number }>();

export const groupInfo = (group: Group): GroupInfo => {
  const { settings, delivery, checkpoint, lastKnown } = group;
  const { source } = settings;
  const nowMs = group.parts.runtime.monotonic();
  const before = reports.get(group) ?? { atMs: group.createdAtMs, total: 0 };
  reports.set(group, { atMs: nowMs, total: delivery.total });
  const rateOf = (count: number): number => (nowMs > before.atMs ? Math.floor((count * 1_000) / (nowMs - before.atMs)) : 0);
  const countSinceReport = delivery.total - before.total;
  const consumers = [...delivery.consumers].map((consumer) => consumerInfo(consumer, rateOf));
  return {
    group,
    source: nameOfSource(source),
    status: statusOf(group),
    checkpoint: checkpoint === undefined ? '' : placeText(source, checkpoint),
    lastKnown: lastKnown === undefined ? '' : placeText(source, lastKnown),
    startFrom: placeText(source, settings.startFrom),
    checkpointAfterMs: settings.checkpointAfterMs === 0 ? INT32_MAX : settings.checkpointAfterMs,
    buffered: group.buffer?.counts ?? { read: 0, live: 0, retries: 0 },
    total: delivery.total,
    countSinceReport,
    perSecond: rateOf(countSinceReport),
    inFlight: consumers.reduce((sum, { inFlight }) => sum + inFlight, 0),
    unanswered: delivery.unanswered,
    parked: group.parts.parked.count,
    consumers,
  };
};

const consumerInfo = (consumer: Consumer, rateOf: (count: number) => number): ConsumerInfo => {
  const { connectionName, username, timings } = consumer.options;
  const countSinceReport = consumer.countSinceReport();
  return {
    connectionName,
    username,
    total: consumer.total,
    countSinceReport,
    perSecond: rateOf(countSinceReport),
    freeSlots: consumer.freeSlots,
    inFlight: consumer.inFlight,
    measurements: timings?.measurements() ?? [],
  };
};

const statusOf = ({ buffer, isReading, replays }: Group): string => {
  if (!buffer) return 'NotReady';
  const is = { Behind: !buffer.isLive, OutstandingPageRequest: isReading, ReplayingParkedMessages: replays.isReading, Live: buffer.isLive };
  return STATES.filter((state) => is[state]).join(', ');
};
