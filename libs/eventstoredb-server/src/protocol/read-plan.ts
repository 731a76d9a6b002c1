// The request of a Read, checked: only the combinations that the protocol allows.
import { RequestInvalid } from '../errors.js';
import { filterOf, type LogFilter } from '../semantics/event-filter.js';
import type { ReadOptionsMessage, ReadRequestMessage } from './messages.js';
import { placeOf, streamOf } from './wire.js';

/** The events in one page of the server: a subscription checks after each page whether a checkpoint is due. */
export const PAGE_EVENTS = 32;

interface Shape {
  readonly isBackwards: boolean;
  readonly resolvesLinks: boolean;
  readonly isUuidStructured: boolean;
}

export interface StreamReadPlan extends Shape {
  readonly kind: 'stream';
  readonly stream: string;
  /** Undefined: a subscription. */
  readonly count: number | undefined;
  readonly from: number | 'start' | 'end';
  /** True: the client waits for the messages about the first and last place of the stream. */
  readonly tellsEnds: boolean;
}

export interface AllReadPlan extends Shape {
  readonly kind: 'all';
  readonly count: number | undefined;
  readonly from: number | 'start' | 'end';
  readonly filter: LogFilter | undefined;
  /** The number of considered events between two checkpoints of a filtered subscription. */
  readonly checkpointInterval: number;
}

export type ReadPlan = StreamReadPlan | AllReadPlan;

/** Errors: EVENT_STORE_SERVER_REQUEST_INVALID, EVENT_STORE_SERVER_FILTER_NOT_SUPPORTED. */
export const readPlan = ({ options }: ReadRequestMessage): ReadPlan => {
  if (!options?.stream_option || !options.count_option || !options.filter_option) {
    throw new RequestInvalid('A read must say what to read, how much of it, and whether there is a filter.');
  }
  const { read_direction: direction = 'Forwards' } = options;
  if (direction !== 'Forwards' && direction !== 'Backwards') throw new RequestInvalid(`A read goes forwards or backwards, not ${direction}.`);
  const isBackwards = direction === 'Backwards';
  const isSubscription = options.count_option === 'subscription';
  if (isSubscription && isBackwards) throw new RequestInvalid('A subscription goes forwards.');
  if (options.stream_option === 'stream' && options.filter_option === 'filter')
    throw new RequestInvalid('Only a read of all streams takes a filter.');
  const shape = {
    isBackwards,
    resolvesLinks: options.resolve_links ?? false,
    isUuidStructured: options.uuid_option?.content === 'structured',
    count: isSubscription ? undefined : placeOf(options.count),
  };
  return options.stream_option === 'stream' ? { ...shape, ...streamPart(options) } : { ...shape, ...allPart(options, isSubscription) };
};

const streamPart = ({ stream, control_option: control }: ReadOptionsMessage): Pick<StreamReadPlan, 'kind' | 'stream' | 'from' | 'tellsEnds'> => {
  const { revision_option: option, revision } = stream ?? {};
  if (!option) throw new RequestInvalid('A read of a stream must say where it starts.');
  return {
    kind: 'stream',
    stream: streamOf(stream?.stream_identifier),
    from: option === 'revision' ? placeOf(revision) : option,
    tellsEnds: (control?.compatibility ?? 0) >= 1,
  };
};

const allPart = (
  { all, filter, filter_option: filterOption }: ReadOptionsMessage,
  isSubscription: boolean,
): Pick<AllReadPlan, 'kind' | 'from' | 'filter' | 'checkpointInterval'> => {
  if (!all?.all_option) throw new RequestInvalid('A read of all streams must say where it starts.');
  const [commit, prepare] = [placeOf(all.position?.commit_position), placeOf(all.position?.prepare_position)];
  if (commit < prepare) throw new RequestInvalid('The commit position of a place is not below its prepare position.');
  // Some clients write "the end" as the largest number.
  const from = all.all_option === 'position' ? (commit === Number.MAX_SAFE_INTEGER ? 'end' : commit) : all.all_option;
  return filterOption === 'filter'
    ? { kind: 'all', from, ...filterPart(filter, isSubscription) }
    : { kind: 'all', from, filter: undefined, checkpointInterval: 0 };
};

const filterPart = (filter: ReadOptionsMessage['filter'], isSubscription: boolean): Pick<AllReadPlan, 'filter' | 'checkpointInterval'> => {
  if (!filter?.filter || !filter.window) throw new RequestInvalid('A filter must name what it applies to and how far it looks.');
  const expression = filter.filter === 'stream_identifier' ? filter.stream_identifier : filter.event_type;
  const window = filter.window === 'max' ? (filter.max ?? 0) : PAGE_EVENTS;
  if (window < 1) throw new RequestInvalid('The search window of a filter must be at least 1.');
  const multiplier = filter.checkpointIntervalMultiplier ?? 0;
  if (isSubscription && multiplier < 1) throw new RequestInvalid('The checkpoint interval of a filter must be at least 1.');
  return {
    filter: filterOf(filter.filter === 'stream_identifier' ? 'stream' : 'type', {
      regex: expression?.regex ?? '',
      prefixes: expression?.prefix ?? [],
    }),
    checkpointInterval: window * multiplier,
  };
};
