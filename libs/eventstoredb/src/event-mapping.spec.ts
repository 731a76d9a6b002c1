import type { EncodedEvent } from '@mainstem/event-store/adapter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wireMetadata } from './event-mapping.js';
import { recordedEvent } from './recorded-event.js';

const AT = '2026-01-02T03:04:05.678Z';
const encoded = (metadata: object): EncodedEvent =>
  ({ id: 'x', type: 'T', dataJson: '{}', metadataJson: JSON.stringify(metadata) }) as unknown as EncodedEvent;
const readBack = (metadata: string) => recordedEvent({ ...fieldsOf('{"n":1}', metadata), created: '10000' });

describe('metadata', () => {
  const key = fc.oneof(fc.constantFrom('correlationId', 'causationId', 'commandId', '$correlationId'), fc.string({ unit: 'grapheme' }));
  const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('"correlationId":', '{"causationId":1}'), fc.jsonValue());

  it('go to the server under its names, however they are put together', () => {
    fc.assert(
      fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (metadata) => {
        const stored = JSON.parse(JSON.stringify(metadata)) as Record<string, unknown>;
        const { correlationId, causationId, ...rest } = stored;
        const expected = {
          ...rest,
          ...('correlationId' in stored && { $correlationId: correlationId }),
          ...('causationId' in stored && { $causationId: causationId }),
          $recordedAt: AT,
        };
        expect(JSON.parse(wireMetadata(encoded(metadata), AT))).toEqual(expected);
      }),
    );
  });

  it('come back under the port’s names, with the time of recording', () => {
    const event = readBack(wireMetadata(encoded({ commandId: 'c', correlationId: 'k', causationId: 'p' }), AT));
    expect([event.metadata, event.recordedAt]).toEqual([{ commandId: 'c', correlationId: 'k', causationId: 'p' }, AT]);
  });

  it.each(['', 'no JSON', '[1]', '"text"', 'null'])('of other writers that are no object are empty, and the server’s time counts: %j', (metadata) => {
    expect([readBack(metadata).metadata, readBack(metadata).recordedAt]).toEqual([{}, '1970-01-01T00:00:00.001Z']);
  });
});

describe('a payload', () => {
  it('is parsed when it is asked for, not before', () => {
    const broken = recordedEvent({ ...fieldsOf('{'), isJson: true });
    expect([broken.type, broken.stream, broken.position]).toEqual(['T', 'a-1', 1n]);
    expect(() => broken.data).toThrow(expect.objectContaining({ code: 'EVENT_STORE_UNDECODABLE_EVENT' }));
  });

  it('that is no JSON comes as its bytes', () => {
    expect(recordedEvent({ ...fieldsOf('\u0000{'), isJson: false }).data).toEqual(new Uint8Array([0, 123]));
  });

  it('of a TCP transaction, which has no position of its own, is refused', () => {
    expect(() => recordedEvent({ ...fieldsOf('{}'), prepare: 0 })).toThrow(expect.objectContaining({ code: 'EVENT_STORE_FAILED' }));
  });
});

const fieldsOf = (dataText: string, metadataText = '') => ({
  id: 'x',
  stream: 'a-1',
  type: 'T',
  isJson: true,
  revision: 0,
  commit: 1,
  prepare: 1,
  created: '0',
  metadata: Buffer.from(metadataText),
  metadataText,
  data: Buffer.from(dataText),
  dataText,
  size: Buffer.byteLength(dataText + metadataText),
});
