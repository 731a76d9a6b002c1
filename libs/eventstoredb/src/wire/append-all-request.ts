// An append to several streams as requests of AppendAll, which only our own server takes.
import type { EncodedAppend } from '@mainstem/event-store/adapter';
import { encodeEvent, inParts, optionsOf } from './append-request.js';
import { DELIMITED, tagOf, VARINT } from './wire-reader.js';
import { bigintField, bytesField } from './wire-writer.js';

export interface WireAppendAll {
  readonly appends: readonly EncodedAppend[];
  /** For each event of an append its metadata, in the same order. */
  readonly metadata: readonly (readonly string[])[];
}

/**
 * The parts without correlation id. AppendAllReq: correlation_id = 1, shares = 2, proposed_messages = 3, is_final = 4.
 */
export const encodeAppendAll = ({ appends, metadata }: WireAppendAll, deadlineMs: number): readonly Buffer[] => {
  const shares = appends.map(({ stream, expected, events }) => shareOf(optionsOf(stream, expected, deadlineMs), events.length));
  const events = appends.flatMap((append, index) => append.events.map((event, n) => encodeEvent(event, metadata[index]?.[n] ?? '')));
  return inParts([], [...shares, ...events]);
};

/** Share: options = 1, count = 2. */
const shareOf = (options: Buffer, count: number): Buffer =>
  bytesField(tagOf(2, DELIMITED), Buffer.concat([bytesField(tagOf(1, DELIMITED), options), bigintField(tagOf(2, VARINT), BigInt(count))]));
