// Planning and folding a batch: grouped by key, in order, and without trust in the results of a definition.
import type { EventId, Position, RecordedEvent, Revision, StreamName } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import type { DocumentProjection } from '../definition/document-projection.js';
import { EMPTY_DIGEST } from '../read-store/rolling-digest.js';
import { changesOf, DocumentPlan } from './document-batch.js';
import { Parking } from './parking.js';
import { tallyProjection } from '../tally.fixtures.js';

const event = (place: number, stream: string, type = 'Added'): RecordedEvent => ({
  id: `00000000-0000-4000-8000-${String(place).padStart(12, '0')}` as EventId,
  stream: `tally-${stream}` as StreamName,
  revision: 0n as Revision,
  position: BigInt(place) as Position,
  type,
  data: { amount: place },
  recordedAt: '2026-01-01T00:00:00.000Z',
  metadata: {},
});
const parking = (parked: readonly string[] = []): Parking => new Parking(new Map(parked.map((key) => [key, 1])), [], 0);
const plan = (projection: DocumentProjection, events: readonly RecordedEvent[], gate = parking()): DocumentPlan =>
  new DocumentPlan(projection, events, EMPTY_DIGEST, gate);

describe('DocumentPlan', () => {
  it('names every key once and folds each in the order of its events', () => {
    const planned = plan(tallyProjection(), [event(1, 'a'), event(2, 'b'), event(3, 'x', 'Foreign'), event(4, 'a')]);
    expect(planned.keys).toEqual(['tally-a', 'tally-b']);
    expect(planned.eventsApplied).toBe(3);
    const stored = { key: 'tally-a', total: 10, amounts: [10] };
    expect(planned.fold([stored, null]).after).toEqual([
      { key: 'tally-a', total: 15, amounts: [10, 1, 4] },
      { key: 'tally-b', total: 2, amounts: [2] },
    ]);
    expect(stored).toEqual({ key: 'tally-a', total: 10, amounts: [10] });
  });

  it('decodes nothing of unwanted events, or of events that are parked with their stream', () => {
    const untouchable = (one: RecordedEvent): RecordedEvent =>
      Object.defineProperty({ ...one }, 'data', {
        get: () => {
          throw new Error('decoded');
        },
      });
    const gate = parking(['$stream/tally-a']);
    const planned = plan(tallyProjection(), [untouchable(event(1, 'x', 'Foreign')), untouchable(event(2, 'a')), event(3, 'b')], gate);
    expect(planned.fold([null]).poison).toBeUndefined();
    expect(planned.keys).toEqual(['tally-b']);
    expect(gate.events.map(({ position }) => position)).toEqual([2n]);
    expect(planned.eventsApplied).toBe(2);
  });

  it('ends before an event whose key fails, and counts only what is before it', () => {
    const failing = tallyProjection({
      onKey: ({ position }) => {
        if (position === 2n) throw new Error('no key');
      },
    });
    const planned = plan(failing, [event(1, 'a'), event(2, 'b'), event(3, 'c')]);
    expect(planned.keys).toEqual(['tally-a']);
    expect(planned.poison).toMatchObject({ key: '$stream/tally-b', event: { position: 2n } });
    expect(planned.digest).toBe(plan(tallyProjection(), [event(1, 'a')]).digest);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a number', 7],
    ['a list with a number', ['a', 7]],
    ['the key of a stream', '$stream/tally-a'],
  ])('refuses %s as a key', (_, key) => {
    const planned = plan({ ...tallyProjection(), key: () => key as string }, [event(1, 'a')]);
    expect(planned.poison?.error).toBeInstanceOf(TypeError);
  });

  it('passes events that belong to no document', () => {
    const planned = plan({ ...tallyProjection(), key: () => null }, [event(1, 'a')]);
    expect([planned.keys, planned.eventsApplied, planned.poison]).toEqual([[], 1, undefined]);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', 'document'],
  ])('refuses %s as a document', (_, document) => {
    const projection = { ...tallyProjection(), evolve: new Map([['Added', () => document as object]]) };
    expect(plan(projection, [event(1, 'a')]).fold([null]).poison).toMatchObject({ key: 'tally-a', error: expect.any(TypeError) as TypeError });
  });

  it('gives the same digest however the events are cut', () => {
    const events = [event(1, 'a'), event(2, 'b'), event(3, 'a'), event(4, 'c')];
    const first = plan(tallyProjection(), events.slice(0, 2)).digest;
    const second = new DocumentPlan(tallyProjection(), events.slice(2), first, parking()).digest;
    expect(second).toBe(plan(tallyProjection(), events).digest);
  });
});

describe('changesOf', () => {
  it('writes changed documents, deletes removed ones, and leaves equal ones alone', () => {
    const [same, old, fresh] = [{ n: 1 }, { n: 2 }, { n: 3 }];
    const changes = changesOf('c', ['same', 'changed', 'gone', 'new', 'never'], [same, old, old, null, null], [same, fresh, null, fresh, null]);
    expect(changes).toEqual({
      collection: 'c',
      upserts: new Map([
        ['changed', fresh],
        ['new', fresh],
      ]),
      deletes: ['gone'],
      newKeys: new Set(['new']),
    });
  });
});
