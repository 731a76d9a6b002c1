// The settings of a group: where it starts, when it retries, what it keeps in memory, when it notes its progress.
import { GroupRefused } from '../errors.js';
import { keyOf, nameOfSource, type Source, type StartFrom } from './source.js';

export const STRATEGIES = ['DispatchToSingle', 'RoundRobin', 'Pinned', 'PinnedByCorrelation'] as const;
export type StrategyName = (typeof STRATEGIES)[number];

export interface GroupSettings {
  readonly source: Source;
  readonly group: string;
  readonly startFrom: StartFrom;
  readonly resolvesLinks: boolean;
  readonly hasExtraStatistics: boolean;
  /** How long a consumer may take to answer. 0: until the next tick. */
  readonly messageTimeoutMs: number;
  /** After this many retries a message is parked. */
  readonly retriesMax: number;
  /** Time between two checkpoints; 0: only `checkpointCountMax` counts. */
  readonly checkpointAfterMs: number;
  /** The number of messages that make a checkpoint due when the time has passed. */
  readonly checkpointCountMin: number;
  /** The number of messages that make a checkpoint due at once. */
  readonly checkpointCountMax: number;
  /** 0: no limit. */
  readonly consumersMax: number;
  readonly liveBufferSize: number;
  readonly readBatchSize: number;
  /** The number of messages kept for consumers while the group reads. */
  readonly historyBufferSize: number;
  readonly strategy: StrategyName;
}

export const groupKey = ({ source, group }: Pick<GroupSettings, 'source' | 'group'>): string => keyOf(nameOfSource(source), group);

export const isStrategy = (name: string): name is StrategyName => (STRATEGIES as readonly string[]).includes(name);

/** Errors: EVENT_STORE_SERVER_GROUP_REFUSED. */
export const assertValid = (settings: GroupSettings): void => {
  const refuse = (problem: string): never => {
    throw new GroupRefused(nameOfSource(settings.source), settings.group, problem);
  };
  if (settings.group === '') refuse('A group needs a name.');
  if (settings.source.kind === 'stream' && settings.source.stream === '$all') refuse('Ask for all streams; $all is not a stream.');
  const { messageTimeoutMs, retriesMax, checkpointAfterMs, checkpointCountMin, checkpointCountMax, consumersMax } = settings;
  const { liveBufferSize, readBatchSize, historyBufferSize } = settings;
  const numbers = { messageTimeoutMs, retriesMax, checkpointAfterMs, checkpointCountMin, checkpointCountMax, consumersMax };
  for (const [name, value] of Object.entries({ ...numbers, liveBufferSize, readBatchSize, historyBufferSize })) {
    if (value < 0) refuse(`No setting is below 0: ${name} is ${value}.`);
  }
  if (readBatchSize >= historyBufferSize)
    refuse(`The read batch (${readBatchSize}) has to be smaller than the history buffer (${historyBufferSize}).`);
};
