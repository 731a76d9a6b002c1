// The answer to an append: where it took effect, or why it failed.
import { DELIMITED, tagOf, VARINT, WireReader } from './wire-reader.js';
import { decodeUuid } from './wire-event.js';

/** A refusal in the form of the client's errors, so that one translation handles both. */
export class AppendRefused extends Error {
  constructor(
    message: string,
    readonly code: number,
    readonly type: string | undefined,
    readonly actualVersion: bigint | 'no_stream' | undefined,
    readonly maxAppendSize: number | undefined,
    /** The size of the event that is too large. */
    readonly proposedSize: number | undefined,
  ) {
    super(message);
  }
}

export interface AppendAnswer {
  readonly correlationId: string;
  /** Undefined if the append was refused. */
  readonly success: AppendSuccess | undefined;
  readonly refusal: AppendRefused | undefined;
  /** Of an append to several streams: which of them a refusal is about, counted from 0. */
  readonly share?: number;
}

export interface AppendSuccess {
  readonly revision: bigint | undefined;
  readonly position: bigint | undefined;
  /** Of an append to several streams: the last event of each stream that got any. */
  readonly places?: readonly Place[];
}

export interface Place {
  readonly revision: bigint;
  readonly position: bigint;
}

/** Some streams of the append have its events already, others have not. */
export class AppendPartlyKnownRefused extends AppendRefused {
  constructor(
    readonly known: readonly string[],
    readonly unknown: readonly string[],
    code: number,
  ) {
    super('AppendPartlyKnown', code, 'append-partly-known', undefined, undefined, undefined);
  }
}

/**
 * BatchAppendResp: correlation_id = 1, error = 2, success = 3 { current_revision = 1, position = 3 { commit_position =
 * 1 } }. Errors: RangeError.
 */
export const decodeAppendAnswer = (bytes: Buffer): AppendAnswer => {
  const reader = new WireReader(bytes);
  let correlationId = '';
  let success: AppendAnswer['success'];
  let refusal: AppendRefused | undefined;
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, DELIMITED)) correlationId = decodeUuid(reader);
    else if (tag === tagOf(2, DELIMITED)) refusal = decodeStatus(reader.message());
    else if (tag === tagOf(3, DELIMITED)) success = decodeSuccess(reader.message());
    else reader.skip(tag);
  }
  return { correlationId, success, refusal };
};

const decodeSuccess = (reader: WireReader): NonNullable<AppendAnswer['success']> => {
  let revision: bigint | undefined;
  let position: bigint | undefined;
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, VARINT)) revision = reader.bigint();
    else if (tag === tagOf(3, DELIMITED)) position = firstNumber(reader.message()) ?? 0n;
    else reader.skip(tag);
  }
  return { revision, position };
};

/** google.rpc.Status: code = 1, message = 2, details = 3 { type_url = 1, value = 2 }. */
export const decodeStatus = (reader: WireReader): AppendRefused => {
  let code = 0;
  let message = '';
  let detail = '';
  let value: WireReader | undefined;
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, VARINT)) code = reader.number();
    else if (tag === tagOf(2, DELIMITED)) message = reader.text();
    else if (tag === tagOf(3, DELIMITED)) {
      const any = reader.message();
      while (any.hasMore) {
        const inner = any.number();
        if (inner === tagOf(1, DELIMITED)) detail = any.text();
        else if (inner === tagOf(2, DELIMITED)) value = any.message();
        else any.skip(inner);
      }
    } else reader.skip(tag);
  }
  return refusalOf(detail.slice(detail.lastIndexOf('.') + 1), value, code, message);
};

/** gRPC's number for it. */
const UNKNOWN = 2;

const refusalOf = (detail: string, value: WireReader | undefined, code: number, message: string): AppendRefused => {
  const refused = (type: string | undefined, actual?: bigint | 'no_stream', sizeMax?: bigint, size?: bigint): AppendRefused =>
    // Details that name an unknown failure: another attempt does not help, whatever the code.
    new AppendRefused(message === '' ? detail : message, type === 'unknown' ? UNKNOWN : code, type, actual, numberOf(sizeMax), numberOf(size));
  switch (detail) {
    case 'WrongExpectedVersion':
      // current_stream_revision = 1, current_no_stream = 2: the present one comes first.
      return refused('wrong-expected-version', (value && firstNumber(value)) ?? 'no_stream');
    case 'AppendPartlyKnown':
      return value ? new AppendPartlyKnownRefused(...textsIn(value), code) : refused(undefined);
    case 'StreamDeleted':
      return refused('stream-deleted');
    case 'AccessDenied':
      return refused('access-denied');
    case 'Timeout':
      return refused('timeout');
    case 'MaximumAppendSizeExceeded':
      return refused('maximum-append-size-exceeded', undefined, (value && firstNumber(value)) ?? 0n);
    case 'MaximumAppendEventSizeExceeded': {
      // event_id = 1, proposed_event_size = 2, max_append_event_size = 3.
      const [size, sizeMax] = value ? numbersIn(value, [2, 3]) : [];
      return refused('maximum-append-event-size-exceeded', undefined, sizeMax ?? 0n, size);
    }
    case 'Empty':
      // The node is starting, busy or without a leader, and did not pass the append on: nothing was written.
      return refused('not-handled');
    case 'Unknown':
    case 'BadRequest':
      return refused('unknown');
    default:
      return refused(undefined);
  }
};

/** The texts in fields 1 and 2. */
const textsIn = (reader: WireReader): [readonly string[], readonly string[]] => {
  const texts: [string[], string[]] = [[], []];
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, DELIMITED)) texts[0].push(reader.text());
    else if (tag === tagOf(2, DELIMITED)) texts[1].push(reader.text());
    else reader.skip(tag);
  }
  return texts;
};

/** The number in field 1, undefined if there is none. */
const firstNumber = (reader: WireReader): bigint | undefined => numbersIn(reader, [1])[0];

/** The numbers in these fields, undefined where there is none. */
const numbersIn = (reader: WireReader, fields: readonly number[]): readonly (bigint | undefined)[] => {
  const numbers = new Map<number, bigint>();
  while (reader.hasMore) {
    const tag = reader.number();
    if ((tag & 7) === VARINT) numbers.set(tag >> 3, reader.bigint());
    else reader.skip(tag);
  }
  return fields.map((field) => numbers.get(field));
};

const numberOf = (value: bigint | undefined): number | undefined => (value === undefined ? undefined : Number(value));
