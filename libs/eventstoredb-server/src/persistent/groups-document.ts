// The stored form of the groups: the JSON document of a real server, without default values.
import { isStrategy, type GroupSettings } from './group-settings.js';
import { ALL_STREAMS, nameOfSource, parsePlace, placeText, type Place, type Source } from './source.js';
import type { StoredFilter } from './stored-filter.js';

const VERSION = '2';

export interface StoredGroup {
  readonly settings: GroupSettings;
  /** For a group that starts at the end: the end at its creation, so that it stays the same after a restart. */
  readonly endedAt: Place | undefined;
}

export const documentOf = (groups: readonly StoredGroup[], updatedAtMs: number, updatedBy: string): string => {
  const entries = groups.map(entryOf);
  return JSON.stringify({ version: VERSION, updated: new Date(updatedAtMs).toISOString(), updatedBy, entries }, undefined, 2);
};

/** Throws the fault in the text. It leaves out entries with an unknown strategy, as a real server does. */
export const parseDocument = (json: string): readonly StoredGroup[] => {
  const document: unknown = JSON.parse(json);
  const entries = fieldOf(document, 'entries') ?? [];
  if (!Array.isArray(entries)) throw new TypeError('entries is no list');
  return entries.map(parseEntry).filter((group) => group !== undefined);
};

const entryOf = ({ settings, endedAt }: StoredGroup): object => {
  const { source, startFrom } = settings;
  const entry = {
    stream: nameOfSource(source),
    group: settings.group,
    filter: source.kind === 'all' && source.filter ? storedFilter(source.filter) : undefined,
    resolveLinkTos: settings.resolvesLinks,
    extraStatistics: settings.hasExtraStatistics,
    messageTimeout: settings.messageTimeoutMs,
    startFrom: source.kind === 'stream' ? (startFrom === 'end' ? -1 : startFrom) : undefined,
    startPosition: placeText(source, startFrom),
    liveBufferSize: settings.liveBufferSize,
    historyBufferSize: settings.historyBufferSize,
    maxRetryCount: settings.retriesMax,
    readBatchSize: settings.readBatchSize,
    checkPointAfter: settings.checkpointAfterMs,
    minCheckPointCount: settings.checkpointCountMin,
    maxCheckPointCount: settings.checkpointCountMax,
    maxSubscriberCount: settings.consumersMax,
    namedConsumerStrategy: settings.strategy,
    endedAt: endedAt === undefined ? undefined : String(endedAt),
  };
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined && value !== 0 && value !== false));
};

const parseEntry = (entry: unknown): StoredGroup | undefined => {
  const text = (name: string): string | undefined => {
    const value = fieldOf(entry, name);
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string): number => {
    const value = fieldOf(entry, name);
    return typeof value === 'number' ? value : 0;
  };
  const [stream, group, strategy] = [text('stream'), text('group'), text('namedConsumerStrategy')];
  if (stream === undefined || group === undefined) throw new TypeError('an entry names no stream or no group');
  if (strategy === undefined || !isStrategy(strategy)) return undefined;
  const source: Source = stream === ALL_STREAMS ? { kind: 'all', filter: parseFilter(fieldOf(entry, 'filter')) } : { kind: 'stream', stream };
  const endedAt = text('endedAt');
  const settings: GroupSettings = {
    source,
    group,
    startFrom: parsePlace(source, text('startPosition') ?? String(number('startFrom'))) ?? 0,
    resolvesLinks: fieldOf(entry, 'resolveLinkTos') === true,
    hasExtraStatistics: fieldOf(entry, 'extraStatistics') === true,
    messageTimeoutMs: number('messageTimeout'),
    retriesMax: number('maxRetryCount'),
    checkpointAfterMs: number('checkPointAfter'),
    checkpointCountMin: number('minCheckPointCount'),
    checkpointCountMax: number('maxCheckPointCount'),
    consumersMax: number('maxSubscriberCount'),
    liveBufferSize: number('liveBufferSize'),
    readBatchSize: number('readBatchSize'),
    historyBufferSize: number('historyBufferSize'),
    strategy,
  };
  return { settings, endedAt: endedAt === undefined ? undefined : Number(endedAt) };
};

const CONTEXTS = { stream: 'StreamId', type: 'EventType' } as const;

const storedFilter = ({ on, regex, prefixes }: StoredFilter): object => ({
  context: CONTEXTS[on],
  isAllStream: true,
  type: regex === '' ? 'Prefix' : 'Regex',
  data: regex === '' ? prefixes.join(',') : regex,
  prefixes: regex === '' ? prefixes : undefined,
});

const parseFilter = (filter: unknown): StoredFilter | undefined => {
  if (filter === null || typeof filter !== 'object') return undefined;
  const on = fieldOf(filter, 'context') === CONTEXTS.type ? 'type' : 'stream';
  const data = String(fieldOf(filter, 'data') ?? '');
  if (fieldOf(filter, 'type') !== 'Prefix') return { on, regex: data, prefixes: [] };
  // A prefix may hold a comma, which the single text field of a real server cannot express.
  const prefixes = fieldOf(filter, 'prefixes');
  return { on, regex: '', prefixes: Array.isArray(prefixes) ? prefixes.map(String) : data.split(',') };
};

const fieldOf = (value: unknown, name: string): unknown => (value !== null && typeof value === 'object' ? Reflect.get(value, name) : undefined);
