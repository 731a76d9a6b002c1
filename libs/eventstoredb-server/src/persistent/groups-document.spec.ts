import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STRATEGIES, type GroupSettings } from './group-settings.js';
import { documentOf, parseDocument } from './groups-document.js';
import type { Source } from './source.js';

const count = fc.nat({ max: 2 ** 31 - 1 });
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
const filter = fc.oneof(
  fc.record({ on: fc.constantFrom('stream' as const, 'type' as const), regex: text, prefixes: fc.constant([]) }),
  fc.record({
    on: fc.constantFrom('stream' as const, 'type' as const),
    regex: fc.constant(''),
    prefixes: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
);
const source: fc.Arbitrary<Source> = fc.oneof(
  fc.record({ kind: fc.constant('stream' as const), stream: text.filter((name) => name !== '$all') }),
  fc.record({ kind: fc.constant('all' as const), filter: fc.option(filter, { nil: undefined }) }),
);
const settings: fc.Arbitrary<GroupSettings> = fc.record({
  source,
  group: text,
  startFrom: fc.oneof(count, fc.constant('end' as const)),
  resolvesLinks: fc.boolean(),
  hasExtraStatistics: fc.boolean(),
  messageTimeoutMs: count,
  retriesMax: count,
  checkpointAfterMs: count,
  checkpointCountMin: count,
  checkpointCountMax: count,
  consumersMax: count,
  liveBufferSize: count,
  readBatchSize: count,
  historyBufferSize: count,
  strategy: fc.constantFrom(...STRATEGIES),
});

/** As a real server stores it. */
const OF_A_REAL_SERVER = `{
  "version": "2",
  "updated": "2026-11-30T10:00:00.0000000+01:00",
  "updatedBy": "admin",
  "entries": [
    { "stream": "orders-1", "group": "g", "messageTimeout": 30000, "startPosition": "0", "liveBufferSize": 500, "historyBufferSize": 500,
      "maxRetryCount": 10, "readBatchSize": 20, "checkPointAfter": 2000, "minCheckPointCount": 10, "maxCheckPointCount": 1000,
      "namedConsumerStrategy": "RoundRobin" },
    { "stream": "$all", "group": "h", "filter": { "context": "EventType", "isAllStream": true, "type": "Prefix", "data": "Order,Refund" },
      "startFrom": -9223372036854775808, "startPosition": "C:-1/P:-1", "historyBufferSize": 500, "readBatchSize": 20,
      "namedConsumerStrategy": "Pinned" },
    { "stream": "old", "group": "i", "startFrom": 4, "historyBufferSize": 500, "readBatchSize": 20, "namedConsumerStrategy": "RoundRobin" },
    { "stream": "orders-1", "group": "j", "namedConsumerStrategy": "OfAPlugin" }
  ]
}`;

describe('the stored groups', () => {
  it('are the same after they are read back', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ settings, endedAt: fc.option(count, { nil: undefined }) }), { maxLength: 4 }), (groups) => {
        expect(parseDocument(documentOf(groups, 0, 'admin'))).toEqual(groups);
      }),
    );
  });

  it('of a real server are read, except groups with an unknown strategy', () => {
    const groups = parseDocument(OF_A_REAL_SERVER).map(({ settings: stored }) => stored);
    expect(groups).toMatchObject([
      { source: { kind: 'stream', stream: 'orders-1' }, group: 'g', startFrom: 0, retriesMax: 10, checkpointAfterMs: 2_000, strategy: 'RoundRobin' },
      { source: { kind: 'all', filter: { on: 'type', regex: '', prefixes: ['Order', 'Refund'] } }, group: 'h', startFrom: 'end', strategy: 'Pinned' },
      { source: { kind: 'stream', stream: 'old' }, group: 'i', startFrom: 4 },
    ]);
  });

  it.each(['', '[', '{"entries":{}}', '{"entries":[{"group":"g"}]}'])('that cannot be read are reported as unreadable: %s', (json) => {
    expect(() => parseDocument(json)).toThrow();
  });
});
