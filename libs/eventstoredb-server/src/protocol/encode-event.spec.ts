import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogEvent } from '../semantics/log-event.js';
import { TOMBSTONE_REVISION } from '../semantics/stream-state.js';
import { streamsService } from './definitions.js';
import { encodeReadEvent } from './encode-event.js';

// An independent implementation, generated from the protocol's own definitions.
const decoded = (bytes: Buffer): unknown => streamsService['Read']?.responseDeserialize(bytes);

const place = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const logEvent: fc.Arbitrary<LogEvent> = fc.record({
  id: fc.uuid(),
  stream: text,
  revision: fc.oneof(place, fc.constant(TOMBSTONE_REVISION)),
  position: place,
  type: text,
  recordedAtMs: fc.integer({ min: 0, max: 8.64e15 }),
  isJson: fc.boolean(),
  data: bytes,
  metadata: bytes,
});

const halves = (id: string): object => {
  const half = (from: number): string => String(BigInt.asIntN(64, BigInt(`0x${id.replaceAll('-', '').slice(from, from + 16)}`)));
  return { structured: { most_significant_bits: half(0), least_significant_bits: half(16) } };
};

const asMessage = ({ id, stream, revision, position, type, recordedAtMs, isJson, data, metadata }: LogEvent, isStructured: boolean): object => ({
  id: isStructured ? halves(id) : { string: id },
  stream_identifier: { stream_name: Buffer.from(stream) },
  stream_revision: String(revision === TOMBSTONE_REVISION ? 2n ** 63n - 1n : revision),
  prepare_position: String(position),
  commit_position: String(position),
  metadata: {
    type,
    created: expect.toSatisfy((ticks: string) => BigInt(ticks) === BigInt(recordedAtMs) * 10_000n),
    'content-type': isJson ? 'application/json' : 'application/octet-stream',
  },
  custom_metadata: metadata,
  data,
});

describe('an event on its way to a client', () => {
  it('is decoded by another implementation, alone, as a link, or as a link to nothing', () => {
    fc.assert(
      fc.property(logEvent, logEvent, fc.constantFrom('event', 'both', 'link'), fc.boolean(), (event, link, what, isStructured) => {
        const given = { event: what === 'link' ? undefined : event, link: what === 'event' ? undefined : link };
        expect(decoded(encodeReadEvent(given, isStructured))).toMatchObject({
          event: {
            ...(given.event && { event: asMessage(given.event, isStructured) }),
            ...(given.link && { link: asMessage(given.link, isStructured) }),
            commit_position: String((given.link ?? event).position),
          },
        });
      }),
    );
  });
});
