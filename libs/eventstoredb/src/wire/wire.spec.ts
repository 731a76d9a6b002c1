import { fileURLToPath } from 'node:url';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import type { EventId } from '@mainstem/event-store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAppendAnswer } from './append-answer.js';
import { encodeAppend, withCorrelation } from './append-request.js';
import { decodeReadAnswer, ReadMark } from './read-answer.js';
import { encodeRead } from './read-request.js';
import { WireEvent } from './wire-event.js';

// An independent implementation, generated from the protocol's own definitions.
const definitions = loadSync(['streams.proto'], {
  keepCase: true,
  longs: String,
  enums: String,
  bytes: Buffer,
  oneofs: true,
  includeDirs: [fileURLToPath(new URL('../../../eventstoredb-server/proto', import.meta.url))],
});
const message = (name: string): MessageTypeDefinition<object, object> =>
  (
    definitions['event_store.client.streams.Streams'] as unknown as Record<
      string,
      { requestSerialize: never; requestDeserialize: never; responseSerialize: never }
    >
  )[name] as never;
const answerOf = (method: string, answer: object): Buffer =>
  (message(method) as never as { responseSerialize(value: object): Buffer }).responseSerialize(answer);
const requestOf = (method: string, bytes: Buffer): unknown =>
  (message(method) as never as { requestDeserialize(bytes: Buffer): unknown }).requestDeserialize(bytes);
const detail = (name: string, value: object): object => ({
  type_url: `type.googleapis.com/event_store.client.${name}`,
  value: (definitions[`event_store.client.${name}`] as never as MessageTypeDefinition<object, object>).serialize(value),
});

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const uuid = fc.uuid();
interface GivenEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly commit: bigint;
  readonly prepare: bigint;
  readonly type: string;
  readonly isJson: boolean;
  readonly created: string;
  readonly metadata: Buffer;
  readonly data: Buffer;
}
const recorded = fc.record({
  id: uuid,
  stream: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  revision: uint64,
  commit: uint64,
  prepare: uint64,
  type: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  isJson: fc.boolean(),
  created: fc.nat().map(String),
  metadata: bytes,
  data: bytes,
});
const asMessage = (event: GivenEvent): object => ({
  id: { string: event.id },
  stream_identifier: { stream_name: Buffer.from(event.stream) },
  stream_revision: String(event.revision),
  prepare_position: String(event.prepare),
  commit_position: String(event.commit),
  metadata: { type: event.type, created: event.created, 'content-type': event.isJson ? 'application/json' : 'application/octet-stream' },
  custom_metadata: event.metadata,
  data: event.data,
});
const eventIn = (encoded: Buffer): GivenEvent => {
  const answer = decodeReadAnswer(encoded);
  if (!(answer instanceof WireEvent)) throw new Error('it is no event');
  const { id, stream, revision, commit, prepare, type, isJson, created, metadata, data, size } = answer;
  expect(size).toBe(metadata.length + data.length);
  for (const place of [revision, commit, prepare]) if (typeof place === 'number') expect(place).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
  return { id, stream, revision: BigInt(revision), commit: BigInt(commit), prepare: BigInt(prepare), type, isJson, created, metadata, data };
};

describe('an answer of a read', () => {
  it('gives the event that was written, and for a link the link itself', () => {
    fc.assert(
      fc.property(recorded, recorded, fc.boolean(), (event, link, hasLink) => {
        const answer = { event: { event: asMessage(event), ...(hasLink && { link: asMessage(link) }), commit_position: '7' } };
        expect(eventIn(answerOf('Read', answer))).toEqual(hasLink ? link : event);
      }),
    );
  });

  it('gives ids that come in two halves as text', () => {
    fc.assert(
      fc.property(uuid, (id) => {
        const half = (from: number): string => String(BigInt.asIntN(64, BigInt(`0x${id.replaceAll('-', '').slice(from, from + 16)}`)));
        const structured = { most_significant_bits: half(0), least_significant_bits: half(16) };
        expect(eventIn(answerOf('Read', { event: { event: { id: { structured } } } })).id).toBe(id);
      }),
    );
  });

  it('distinguishes marks and refusals', () => {
    const told = (answer: object): unknown => {
      const mark = decodeReadAnswer(answerOf('Read', answer));
      return mark instanceof ReadMark ? [mark.kind, mark.commit] : 'an event';
    };
    expect(told({ confirmation: { subscription_id: 'x' } })).toEqual(['confirmation', 0n]);
    expect(told({ caught_up: {} })).toEqual(['caught-up', 0n]);
    expect(told({ checkpoint: { commit_position: '5', prepare_position: '5' } })).toEqual(['checkpoint', 5n]);
    const places = [
      ['5', '5'],
      ['5', '0'],
      ['0', '0'],
    ].map(([commit, prepare]) => {
      const mark = decodeReadAnswer(answerOf('Read', { checkpoint: { commit_position: commit, prepare_position: prepare } }));
      return mark instanceof ReadMark && mark.isPlace;
    });
    expect(places).toEqual([true, false, false]);
    expect(told({ stream_not_found: {} })).toEqual(['stream-not-found', 0n]);
    expect(told({ fell_behind: {} })).toEqual(['other', 0n]);
  });

  it('that is cut off is an error, never an event', () => {
    fc.assert(
      fc.property(recorded, fc.nat(), (event, cut) => {
        const whole = answerOf('Read', { event: { event: asMessage(event) } });
        expect(() => decodeReadAnswer(whole.subarray(0, 1 + (cut % (whole.length - 1))))).toThrow(RangeError);
      }),
    );
  });
});

describe('a read', () => {
  const from = fc.oneof(fc.constantFrom('start', 'end'), uint64);
  const count = fc.option(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { nil: undefined });
  const direction = (isBackwards: boolean): string => (isBackwards ? 'Backwards' : 'Forwards');
  const counted = (asked: number | undefined): object => (asked === undefined ? { subscription: {} } : { count: String(asked) });
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });

  it('of a stream is decoded by another implementation', () => {
    fc.assert(
      fc.property(name, from, fc.boolean(), count, (stream, place, isBackwards, asked) => {
        const request = encodeRead({ stream, from: place as never, isBackwards, count: asked });
        expect(requestOf('Read', request)).toMatchObject({
          options: {
            stream: {
              stream_identifier: { stream_name: Buffer.from(stream) },
              ...(typeof place === 'bigint' ? { revision: String(place) } : { revision_option: place }),
            },
            no_filter: {},
            uuid_option: { content: 'string' },
            ...counted(asked),
            ...(isBackwards && { read_direction: direction(isBackwards) }),
          },
        });
      }),
    );
  });

  it('of all streams is decoded by another implementation', () => {
    const filters = fc.option(
      fc.record({ on: fc.constantFrom('type' as const, 'stream' as const), prefixes: fc.array(name, { minLength: 1, maxLength: 5 }) }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(from, fc.boolean(), count, filters, (place, isBackwards, asked, filter) => {
        const request = encodeRead({ from: place as never, isBackwards, count: asked, ...(filter && { filter }) });
        const expression = { prefix: filter?.prefixes };
        expect(requestOf('Read', request)).toMatchObject({
          options: {
            all:
              typeof place === 'bigint' ? { position: { commit_position: String(place), prepare_position: String(place) } } : { all_option: place },
            ...(filter
              ? {
                  filter: {
                    ...(filter.on === 'type' ? { event_type: expression } : { stream_identifier: expression }),
                    count: {},
                    checkpointIntervalMultiplier: 1,
                  },
                }
              : { no_filter: {} }),
            uuid_option: { content: 'string' },
            ...counted(asked),
            ...(isBackwards && { read_direction: direction(isBackwards) }),
          },
        });
      }),
    );
  });
});

describe('an append', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 });
  const event = fc.record({
    id: uuid.map((id) => id as EventId),
    type: text.filter((type) => type !== ''),
    dataJson: fc.json(),
    metadataJson: fc.json(),
  });
  const expected = fc.oneof(fc.constantFrom('no-stream', 'any', 'stream-exists'), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }));

  it('is decoded by another implementation', () => {
    fc.assert(
      fc.property(text, fc.array(event, { maxLength: 5 }), expected, (stream, events, revision) => {
        const metadata = events.map(({ metadataJson }) => metadataJson);
        const parts = encodeAppend({ stream, expected: revision as never, events, metadata }, 5_250);
        const [request] = parts.map((part) => requestOf('BatchAppend', withCorrelation(part, 'an id')));
        expect(parts).toHaveLength(1);
        expect(request).toMatchObject({
          correlation_id: { string: 'an id' },
          options: {
            stream_identifier: { stream_name: Buffer.from(stream) },
            deadline: { seconds: '5', nanos: 250_000_000 },
            ...(typeof revision === 'bigint' ? { stream_position: String(revision) } : { expected_stream_position: revision.replace('-', '_') }),
          },
          is_final: true,
          ...(events.length > 0 && {
            proposed_messages: events.map(({ id, type, dataJson, metadataJson }) => ({
              id: { string: id },
              metadata: { type, 'content-type': 'application/json' },
              custom_metadata: Buffer.from(metadataJson),
              data: Buffer.from(dataJson),
            })),
          }),
        });
      }),
    );
  });

  it('of many bytes is sent in parts of at most 3 MiB, and the last part is marked', () => {
    const dataJson = JSON.stringify('x'.repeat(1_000_000));
    const events = Array.from({ length: 7 }, () => ({
      id: 'f47ac10b-58cc-4372-a567-0e02b2c3d479' as EventId,
      type: 'Large',
      dataJson,
      metadataJson: '{}',
    }));
    const parts = encodeAppend({ stream: 'a-1', expected: 'any', events, metadata: events.map(() => '{}') }, 1_000);
    const requests = parts.map((part) => requestOf('BatchAppend', part) as { options?: object; proposed_messages?: object[]; is_final: boolean });
    expect(requests.map(({ options, proposed_messages, is_final }) => [!!options, proposed_messages?.length, is_final ?? false])).toEqual([
      [true, 3, false],
      [false, 3, false],
      [false, 1, true],
    ]);
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(3.1 * 1_048_576);
  });

  it('is answered with its place', () => {
    fc.assert(
      fc.property(uuid, uint64, uint64, (id, revision, position) => {
        const success = { current_revision: String(revision), position: { commit_position: String(position), prepare_position: String(position) } };
        const answer = decodeAppendAnswer(answerOf('BatchAppend', { correlation_id: { string: id }, success }));
        expect(answer).toEqual({ correlationId: id, success: { revision, position }, refusal: undefined });
      }),
    );
  });

  it.each([
    ['WrongExpectedVersion', { current_stream_revision: '7', expected_stream_position: '3' }, { type: 'wrong-expected-version', actualVersion: 7n }],
    ['WrongExpectedVersion', { current_no_stream: {} }, { type: 'wrong-expected-version', actualVersion: 'no_stream' }],
    ['StreamDeleted', {}, { type: 'stream-deleted' }],
    ['AccessDenied', {}, { type: 'access-denied' }],
    ['Timeout', {}, { type: 'timeout' }],
    ['MaximumAppendSizeExceeded', { maxAppendSize: 1_024 }, { type: 'maximum-append-size-exceeded', maxAppendSize: 1_024 }],
    ['Empty', {}, { type: 'not-handled' }],
    ['Unknown', {}, { type: 'unknown', code: 2 }],
    ['BadRequest', { message: 'no' }, { type: 'unknown', code: 2 }],
  ])('that is refused gives the reason: %s %j', (name, value, refusal) => {
    const error = { code: 6, message: 'in words', details: detail(name, value) };
    const answer = decodeAppendAnswer(answerOf('BatchAppend', { correlation_id: { string: 'x' }, error }));
    expect(answer.success).toBeUndefined();
    expect(answer.refusal).toMatchObject({ message: 'in words', ...refusal });
  });

  it('that is refused because of one event gives the size of that event and the limit', () => {
    // Newer servers: event_id = 1, proposed_event_size = 2, max_append_event_size = 3.
    const value = Buffer.from([0x0a, 1, 0x78, 0x10, 0x80, 0x10, 0x18, 0x80, 0x08]);
    const details = { type_url: 'type.googleapis.com/event_store.client.MaximumAppendEventSizeExceeded', value };
    const answer = decodeAppendAnswer(answerOf('BatchAppend', { correlation_id: { string: 'x' }, error: { code: 3, message: 'in words', details } }));
    expect(answer.refusal).toMatchObject({ type: 'maximum-append-event-size-exceeded', proposedSize: 2_048, maxAppendSize: 1_024 });
  });
});
