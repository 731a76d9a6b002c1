// Promises of the rules of append, free of any medium.
import { describe, expect, it } from 'vitest';
import { appendLimits, encodeAppend, ruleOnAppend, type StreamState } from './append-rules.js';
import type { NewEvent } from './event.js';
import { eventIdOf } from './event-ids.js';
import { DEFAULT_LIMITS } from './event-store.js';
import type { ExpectedRevision } from './expected-revision.js';
import { revision, streamName } from './identifiers.js';

const stream = streamName('order-1');
const idOf = (name: string) => eventIdOf(name, stream, 0);
const events = (names: string): readonly NewEvent[] => [...names].map((name) => ({ id: idOf(name), type: 'Noted', data: {}, metadata: {} }));
const stored = (names: string): StreamState => ({
  last: names.length - 1,
  idsFrom: (from, count) => [...names].slice(from, from + count).map(idOf),
});
const rule = (there: string, names: string, expected: ExpectedRevision) =>
  ruleOnAppend(encodeAppend(stream, events(names), expected, DEFAULT_LIMITS), stored(there));

describe('ruleOnAppend', () => {
  it.each<[string, string, ExpectedRevision]>([
    ['', 'a', 'no-stream'],
    ['', 'a', 'any'],
    ['a', 'b', 'any'],
    ['a', 'b', 'stream-exists'],
    ['abc', 'd', revision(2n)],
    ['ab', 'ba', 'any'],
    ['abc', 'ab', 'any'],
  ])('appends to %j the events %j at %s', (there, names, expected) => {
    expect(rule(there, names, expected)).toEqual({ kind: 'append' });
  });

  it.each<[string, string, ExpectedRevision, number]>([
    ['abc', 'a', 'no-stream', 0],
    ['abc', 'abc', 'no-stream', 2],
    ['abcd', 'bc', revision(0n), 2],
    ['abc', 'bc', 'any', 2],
    ['abc', 'c', 'stream-exists', 2],
  ])('recognises in %j the repeated %j at %s', (there, names, expected, last) => {
    expect(rule(there, names, expected)).toEqual({ kind: 'repeat', last });
  });

  it.each<[string, string, ExpectedRevision]>([
    ['a', 'b', 'no-stream'],
    ['', 'a', 'stream-exists'],
    ['', 'a', revision(0n)],
    ['ab', 'c', revision(0n)],
    ['ab', 'c', revision(2n)],
    ['abc', 'bd', revision(0n)],
    ['abc', 'bcd', revision(0n)],
    ['abc', 'ba', 'no-stream'],
    ['a', 'b', revision(2n ** 63n - 1n)],
  ])('refuses for %j the events %j at %s', (there, names, expected) => {
    const actual = there === '' ? null : BigInt(there.length - 1);
    expect(() => rule(there, names, expected)).toThrow(expect.objectContaining({ code: 'EVENT_STORE_WRONG_EXPECTED_REVISION', stream, actual }));
  });
});

describe('encodeAppend', () => {
  const encode = (list: readonly NewEvent[], limits = DEFAULT_LIMITS) => encodeAppend(stream, list, 'any', limits);

  it('encodes payload and metadata and lowers ids', () => {
    const [event] = events('a') as [NewEvent];
    const encoded = encode([{ ...event, id: event.id.toUpperCase() as never, data: { n: 1 }, metadata: { commandId: 'c' } }]);
    expect(encoded.events).toEqual([{ id: event.id, type: 'Noted', dataJson: '{"n":1}', metadataJson: '{"commandId":"c"}' }]);
  });

  it('counts bytes of payload and metadata against each limit', () => {
    const bytes = '{}'.length * 2;
    expect(encode(events('ab'), { eventBytesMax: bytes, appendBytesMax: 2 * bytes, appendEventsMax: 2 }).events).toHaveLength(2);
    const tooLarge = expect.objectContaining({ code: 'EVENT_STORE_EVENT_TOO_LARGE' });
    expect(() => encode(events('ab'), { ...DEFAULT_LIMITS, eventBytesMax: bytes - 1 })).toThrow(tooLarge);
    expect(() => encode(events('ab'), { ...DEFAULT_LIMITS, appendBytesMax: 2 * bytes - 1 })).toThrow(tooLarge);
    expect(() => encode(events('ab'), { ...DEFAULT_LIMITS, appendEventsMax: 1 })).toThrow(expect.objectContaining({ field: 'events' }));
  });

  it('refuses one id twice', () => {
    expect(() => encode(events('aba'))).toThrow(expect.objectContaining({ field: 'events[2].id' }));
  });
});

describe('appendLimits', () => {
  it('takes the defaults for what is not given', () => {
    expect(appendLimits()).toEqual({ eventBytesMax: 1_048_576, appendBytesMax: 16_777_216, appendEventsMax: 10_000 });
    expect(appendLimits({ appendEventsMax: 5 })).toEqual({ ...DEFAULT_LIMITS, appendEventsMax: 5 });
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, '5' as never, null as never])('refuses %j', (eventBytesMax) => {
    expect(() => appendLimits({ eventBytesMax })).toThrow(expect.objectContaining({ field: 'limits.eventBytesMax' }));
  });
});
