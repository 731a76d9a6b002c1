// Promises of a recorded event.
import { describe, expect, it } from 'vitest';
import { eventIdOf } from './event-ids.js';
import { LazyRecordedEvent, occurredAt } from './event.js';
import { position, revision, streamName } from './identifiers.js';

const stream = streamName('order-1');
const recorded = (dataJson: string, metadataJson = '{}') =>
  new LazyRecordedEvent({
    id: eventIdOf('c', stream, 0),
    stream,
    revision: revision(9007199254740993n),
    position: position(9007199254740995n),
    type: 'Noted',
    recordedAtMs: 1_000,
    dataJson,
    metadataJson,
  });

describe('a recorded event', () => {
  it('parses its payload once, when it is first used', () => {
    const event = recorded('{"a":1}');
    expect(event.data).toEqual({ a: 1 });
    expect(event.data).toBe(event.data);
    expect(recorded('null').data).toBeNull();
  });

  it('names the event when its JSON is broken', () => {
    for (const read of [() => recorded('{').data, () => recorded('{}', '{').metadata]) {
      expect(read).toThrow(expect.objectContaining({ code: 'EVENT_STORE_UNDECODABLE_EVENT', type: 'Noted', position: 9007199254740995n }));
    }
  });

  it('goes over a wire with its places as decimal strings', () => {
    expect(JSON.parse(JSON.stringify(recorded('{"a":1}')))).toMatchObject({
      revision: '9007199254740993',
      position: '9007199254740995',
      recordedAt: '1970-01-01T00:00:01.000Z',
      data: { a: 1 },
    });
  });

  it('takes places as numbers, and shows them as bigints', () => {
    const event = new LazyRecordedEvent({
      id: eventIdOf('c', stream, 0),
      stream,
      revision: 3,
      position: Number.MAX_SAFE_INTEGER,
      type: 'Noted',
      recordedAtMs: 1_000,
      dataJson: '{}',
      metadataJson: '{}',
    });
    expect([event.revision, event.position]).toEqual([3n, 9007199254740991n]);
    expect([event.revision, event.position]).toEqual([3n, 9007199254740991n]);
  });

  it('that was read without its payload says so when the payload is used', () => {
    const event = new LazyRecordedEvent({
      id: eventIdOf('c', stream, 0),
      stream,
      revision: 0,
      position: 7,
      type: 'Noted',
      recordedAtMs: 1_000,
      dataJson: undefined,
      metadataJson: undefined,
    });
    for (const read of [() => event.data, () => event.metadata]) expect(read).toThrow('position 7 was read without its payload');
  });

  it('happened at the time that the domain gives, else at the time of recording', () => {
    expect(occurredAt(recorded('{}'))).toBe('1970-01-01T00:00:01.000Z');
    expect(occurredAt(recorded('{}', '{"occurredAt":"2010-12-01T08:26:00.000Z"}'))).toBe('2010-12-01T08:26:00.000Z');
  });
});
