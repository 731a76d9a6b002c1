// The request of a read: a stream or all streams, from where, how far, and through which filter.
import { DELIMITED, tagOf, VARINT } from './wire-reader.js';
import { bigintField, bytesField, textField } from './wire-writer.js';

export interface ReadRequest {
  /** Undefined: all streams. */
  readonly stream?: string;
  /** A revision or a position. Inclusive; exclusive for a subscription and for reading all streams backwards. */
  readonly from: number | bigint | 'start' | 'end';
  readonly isBackwards?: boolean;
  /** Undefined: a subscription. */
  readonly count: number | undefined;
  /** For all streams only. */
  readonly filter?: WireFilter;
}

export interface WireFilter {
  readonly on: 'type' | 'stream';
  readonly prefixes: readonly string[];
  /** Used instead of prefixes. */
  readonly regex?: string;
}

/** Matches the types of events that are not the store's own. */
export const NOT_SYSTEM: WireFilter = { on: 'type', prefixes: [], regex: '^[^$].*' };

const EMPTY = Buffer.alloc(0);

/**
 * ReadReq.options = 1 { stream = 1, all = 2, read_direction = 3, count = 5, subscription = 6, filter = 7, no_filter =
 * 8, uuid_option = 9 { string = 2 } }. The server sends a filtered subscription a checkpoint after each of its pages.
 */
export const encodeRead = ({ stream, from, isBackwards = false, count, filter }: ReadRequest): Buffer =>
  bytesField(
    tagOf(1, DELIMITED),
    Buffer.concat([
      stream === undefined ? bytesField(tagOf(2, DELIMITED), placeInAll(from)) : bytesField(tagOf(1, DELIMITED), placeInStream(stream, from)),
      isBackwards ? bigintField(tagOf(3, VARINT), 1n) : EMPTY,
      count === undefined ? bytesField(tagOf(6, DELIMITED), EMPTY) : bigintField(tagOf(5, VARINT), BigInt(count)),
      filter ? bytesField(tagOf(7, DELIMITED), filterOptions(filter)) : bytesField(tagOf(8, DELIMITED), EMPTY),
      bytesField(tagOf(9, DELIMITED), bytesField(tagOf(2, DELIMITED), EMPTY)),
    ]),
  );

/** stream_identifier = 1 { stream_name = 3 }, revision = 2, start = 3, end = 4. */
const placeInStream = (stream: string, from: ReadRequest['from']): Buffer => {
  const place =
    typeof from === 'string'
      ? bytesField(from === 'start' ? tagOf(3, DELIMITED) : tagOf(4, DELIMITED), EMPTY)
      : bigintField(tagOf(2, VARINT), BigInt(from));
  return Buffer.concat([bytesField(tagOf(1, DELIMITED), textField(tagOf(3, DELIMITED), stream)), place]);
};

/** position = 1 { commit_position = 1, prepare_position = 2 }, start = 2, end = 3. */
const placeInAll = (from: ReadRequest['from']): Buffer => {
  if (typeof from === 'string') return bytesField(from === 'start' ? tagOf(2, DELIMITED) : tagOf(3, DELIMITED), EMPTY);
  const position = BigInt(from);
  return bytesField(tagOf(1, DELIMITED), Buffer.concat([bigintField(tagOf(1, VARINT), position), bigintField(tagOf(2, VARINT), position)]));
};

/**
 * stream_identifier = 1 and event_type = 2 { regex = 1, prefix = 2 }, count = 4 (the server's own window),
 * checkpointIntervalMultiplier = 5.
 */
const filterOptions = ({ on, prefixes, regex }: WireFilter): Buffer => {
  const expression =
    regex === undefined ? Buffer.concat(prefixes.map((prefix) => textField(tagOf(2, DELIMITED), prefix))) : textField(tagOf(1, DELIMITED), regex);
  return Buffer.concat([
    bytesField(on === 'stream' ? tagOf(1, DELIMITED) : tagOf(2, DELIMITED), expression),
    bytesField(tagOf(4, DELIMITED), EMPTY),
    bigintField(tagOf(5, VARINT), 1n),
  ]);
};
