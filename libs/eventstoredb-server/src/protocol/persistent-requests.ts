// Checks requests about groups of consumers and translates them into the terms of the groups.
import { GroupRefused, RequestInvalid } from '../errors.js';
import { isStrategy, type GroupSettings, type StrategyName } from '../persistent/group-settings.js';
import type { GroupName } from '../persistent/persistent-subscriptions.js';
import { ALL_STREAMS, nameOfSource, type Source, type StartFrom } from '../persistent/source.js';
import type { StoredFilter } from '../persistent/stored-filter.js';
import type {
  GroupOptionsMessage,
  ListRequestMessage,
  PutRequestMessage,
  ReplayParkedRequestMessage,
  SettingsMessage,
} from './persistent-messages.js';
import { NO_REVISION, placeOf, streamOf } from './wire.js';

const TICKS_PER_MS = 10_000n;

/** Errors: EVENT_STORE_SERVER_REQUEST_INVALID, EVENT_STORE_SERVER_GROUP_REFUSED. */
export const settingsOf = ({ options }: PutRequestMessage): GroupSettings => {
  const { settings, group_name: group = '' } = options ?? {};
  if (!options || !settings) throw new RequestInvalid('A request to create a group needs its settings.');
  const { source, startFrom } = options.stream_option === 'all' ? allPart(options.all, group) : streamPart(options);
  return {
    source,
    group,
    startFrom,
    resolvesLinks: settings.resolve_links ?? false,
    hasExtraStatistics: settings.extra_statistics ?? false,
    messageTimeoutMs: timeOf(settings.message_timeout_ms, settings.message_timeout_ticks),
    retriesMax: settings.max_retry_count ?? 0,
    checkpointAfterMs: timeOf(settings.checkpoint_after_ms, settings.checkpoint_after_ticks),
    checkpointCountMin: settings.min_checkpoint_count ?? 0,
    checkpointCountMax: settings.max_checkpoint_count ?? 0,
    consumersMax: settings.max_subscriber_count ?? 0,
    liveBufferSize: settings.live_buffer_size ?? 0,
    readBatchSize: settings.read_batch_size ?? 0,
    historyBufferSize: settings.history_buffer_size ?? 0,
    strategy: strategyNameOf(settings, nameOfSource(source), group),
  };
};

/** Errors: EVENT_STORE_SERVER_REQUEST_INVALID. */
export const groupNameOf = (options: GroupOptionsMessage | undefined): GroupName => {
  if (!options?.stream_option) throw new RequestInvalid('The request names neither a stream nor all streams.');
  const source = options.stream_option === 'all' ? ALL_STREAMS : streamOf(options.stream_identifier);
  return { source, group: options.group_name ?? '' };
};

/** Undefined: all parked events. Errors: EVENT_STORE_SERVER_REQUEST_INVALID. */
export const stopAtOf = ({ options }: ReplayParkedRequestMessage): number | undefined => {
  if (!options?.stop_at_option) throw new RequestInvalid('A replay needs a limit, or must say that it has none.');
  if (options.stop_at_option === 'no_limit') return undefined;
  const stopAt = BigInt(options.stop_at ?? '0');
  return stopAt < 0n ? -1 : placeOf(String(stopAt));
};

/** The source of the groups to list; undefined: all. Errors: EVENT_STORE_SERVER_REQUEST_INVALID. */
export const listedSourceOf = ({ options }: ListRequestMessage): string | undefined => {
  if (options?.list_option === 'list_all_subscriptions') return undefined;
  const { stream_option: option, stream } = options?.list_for_stream ?? {};
  if (!option) throw new RequestInvalid('A list needs a stream, or must ask for all groups.');
  return option === 'all' ? ALL_STREAMS : streamOf(stream);
};

interface SourcePart {
  readonly source: Source;
  readonly startFrom: StartFrom;
}

type PutOptions = NonNullable<PutRequestMessage['options']>;

const streamPart = ({ stream_option: kind, stream, stream_identifier: identifier, settings }: PutOptions): SourcePart => {
  if (kind === undefined) return { source: { kind: 'stream', stream: streamOf(identifier) }, startFrom: revisionOf(settings?.revision) };
  const { revision_option: option, revision } = stream ?? {};
  if (!option) throw new RequestInvalid('A group must say where in its stream it starts.');
  const source = { kind: 'stream', stream: streamOf(stream?.stream_identifier) } as const;
  return { source, startFrom: option === 'start' ? 0 : option === 'end' ? 'end' : revisionOf(revision) };
};

const allPart = (all: PutOptions['all'], group: string): SourcePart => {
  if (!all?.all_option) throw new RequestInvalid('A group must say where in all streams it starts.');
  const filter = all.filter_option === 'filter' ? filterOf(all.filter) : undefined;
  return { source: { kind: 'all', filter }, startFrom: positionOf(all, group) };
};

const positionOf = ({ all_option: option, position }: NonNullable<PutOptions['all']>, group: string): StartFrom => {
  if (option !== 'position') return option === 'end' ? 'end' : 0;
  const [commit, prepare] = [position?.commit_position ?? '0', position?.prepare_position ?? '0'];
  if (BigInt(commit) < BigInt(prepare)) {
    throw new GroupRefused(ALL_STREAMS, group, 'Invalid Start From position: prepare position must be less than or equal to the commit position.');
  }
  return revisionOf(commit);
};

const filterOf = (filter: NonNullable<PutOptions['all']>['filter']): StoredFilter => {
  const { filter: kind } = filter ?? {};
  if (!kind) throw new RequestInvalid('A filter must name what it applies to.');
  const expression = kind === 'stream_identifier' ? filter?.stream_identifier : filter?.event_type;
  return { on: kind === 'stream_identifier' ? 'stream' : 'type', regex: expression?.regex ?? '', prefixes: expression?.prefix ?? [] };
};

/** Some clients write "the end" as the largest number. */
const revisionOf = (text = '0'): StartFrom => (BigInt(text) === NO_REVISION ? 'end' : placeOf(text));

const timeOf = (ms: number | undefined, ticks: string | undefined): number => ms ?? Number(BigInt(ticks ?? '0') / TICKS_PER_MS);

const strategyNameOf = (settings: SettingsMessage, source: string, group: string): StrategyName => {
  const name = settings.consumer_strategy || String(settings.named_consumer_strategy ?? 'DispatchToSingle');
  if (isStrategy(name)) return name;
  throw new GroupRefused(source, group, `Consumer strategy ${name} does not exist.`);
};
