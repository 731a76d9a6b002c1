import { describe, expect, it } from 'vitest';
import { eventChecksum } from './event-checksum.js';

const event = {
  position: 2 ** 33 + 7,
  id: '63866ce4-fb52-5463-ab63-bd9431008921',
  stream: 'order-536365',
  revision: 3,
  type: 'OrderLineAdded',
  recordedAtMs: Date.UTC(2026, 0, 1),
  dataJson: '{"sku":"85123A","note":"Grüße €𝄞"}',
  metadataJson: '{}',
};

describe('eventChecksum', () => {
  it('changes with every field of an event', () => {
    const sums = [
      event,
      { ...event, position: event.position + 1 },
      { ...event, position: event.position - 2 ** 33 },
      { ...event, id: event.id.replace('6', '7') },
      { ...event, stream: 'order-536366' },
      { ...event, revision: 4 },
      { ...event, type: 'OrderLineadded' },
      { ...event, recordedAtMs: event.recordedAtMs + 1 },
      { ...event, recordedAtMs: event.recordedAtMs + 2 ** 32 },
      { ...event, dataJson: event.dataJson.replace('€', '£') },
      { ...event, metadataJson: '{"tenant":"a"}' },
    ].map(eventChecksum);
    expect(new Set(sums).size).toBe(sums.length);
  });

  it('is the same in every version: stored sums stay valid', () => {
    // Computed with Python's zlib.crc32 and integers modulo 2³².
    expect(eventChecksum({ ...event, position: 5, recordedAtMs: 1_000 })).toBe(1_375_030_767);
  });
});
