// The answer to an append to several streams.
import { decodeStatus, type AppendAnswer, type Place } from './append-answer.js';
import { decodeUuid } from './wire-event.js';
import { DELIMITED, tagOf, VARINT, WireReader } from './wire-reader.js';

/** AppendAllResp: correlation_id = 1, error = 2, success = 3 { places = 1 }, refused_share = 4. Errors: RangeError. */
export const decodeAppendAllAnswer = (bytes: Buffer): AppendAnswer => {
  const reader = new WireReader(bytes);
  let correlationId = '';
  let success: AppendAnswer['success'];
  let refusal: AppendAnswer['refusal'];
  let share = 0;
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, DELIMITED)) correlationId = decodeUuid(reader);
    else if (tag === tagOf(2, DELIMITED)) refusal = decodeStatus(reader.message());
    else if (tag === tagOf(3, DELIMITED)) success = decodePlaces(reader.message());
    else if (tag === tagOf(4, VARINT)) share = reader.number();
    else reader.skip(tag);
  }
  return { correlationId, success, refusal, share };
};

const decodePlaces = (reader: WireReader): NonNullable<AppendAnswer['success']> => {
  const places: Place[] = [];
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, DELIMITED)) places.push(decodePlace(reader.message()));
    else reader.skip(tag);
  }
  const last = places.at(-1);
  return { revision: last?.revision, position: last?.position, places };
};

/** Place: revision = 1, position = 2. Numbers that are 0 are not on the wire. */
const decodePlace = (reader: WireReader): Place => {
  let revision = 0n;
  let position = 0n;
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, VARINT)) revision = reader.bigint();
    else if (tag === tagOf(2, VARINT)) position = reader.bigint();
    else reader.skip(tag);
  }
  return { revision, position };
};
