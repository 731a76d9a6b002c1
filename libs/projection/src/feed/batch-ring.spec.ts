// The ring serves every position that it covers, from one read, without hole or repetition.
import type { Position, RecordedEvent, SubscriptionBatch } from '@mainstem/event-store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchRing } from './batch-ring.js';

const at = (place: number): Position => BigInt(place) as Position;
const event = (place: number, size = 10): RecordedEvent => ({ position: at(place), size }) as unknown as RecordedEvent;
const batch = (places: readonly number[], position = places.at(-1) ?? 0, isCaughtUp = false, size = 10): SubscriptionBatch => ({
  events: places.map((place) => event(place, size)),
  position: at(position),
  isCaughtUp,
});
const placesOf = (events: readonly RecordedEvent[]): number[] => events.map(({ position }) => Number(position));

describe('BatchRing', () => {
  it('covers everything from its beginning to the last read', () => {
    const ring = new BatchRing(at(5));
    expect([4, 5, 6].map((place) => ring.covers(at(place)))).toEqual([false, true, false]);
    ring.push(batch([7, 9], 10));
    expect([4, 5, 6, 10, 11].map((place) => ring.covers(at(place)))).toEqual([false, true, true, true, false]);
    expect(ring.covers(undefined)).toBe(false);
    expect(new BatchRing(undefined).covers(undefined)).toBe(true);
  });

  it('serves any limit from any position, and in the end exactly everything', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.nat(3)), { maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(30),
        (batches, limit, start) => {
          const ring = new BatchRing(undefined);
          const all: number[] = [];
          let place = 0;
          for (const [events, foreign] of batches) {
            const places = Array.from({ length: events }, () => (place += 2));
            all.push(...places);
            place += foreign;
            if (place > 0) ring.push(batch(places, place, true));
          }
          let position = start > place || start === 0 ? undefined : at(start);
          const expected = all.filter((one) => position === undefined || one > Number(position));
          const served: number[] = [];
          for (let round = 0; round < 200; round++) {
            const delivery = ring.take(position, limit);
            expect(delivery.events.length).toBeLessThanOrEqual(limit);
            served.push(...placesOf(delivery.events));
            if (delivery.position === position) break;
            if (delivery.position !== undefined && position !== undefined) expect(delivery.position > position).toBe(true);
            position = delivery.position;
            expect(delivery.isCaughtUp).toBe(position === ring.end);
          }
          expect(served).toEqual(expected);
          expect(position).toBe(ring.end);
        },
      ),
    );
  });

  it('drops the oldest batches beyond its limits, but never the newest', () => {
    const ring = new BatchRing(undefined);
    for (let place = 1; place <= 1_000; place++) ring.push(batch([place]));
    expect(ring.covers(at(1))).toBe(false);
    expect(ring.covers(at(990))).toBe(true);
    expect(ring.isFull).toBe(true);
    ring.push(batch([1_001], 1_001, false, 1e9));
    expect(ring.covers(at(999))).toBe(false);
    expect(placesOf(ring.take(at(1_000), 10).events)).toEqual([1_001]);
  });

  it('is full before the batch that would replace the oldest one', () => {
    const ring = new BatchRing(undefined);
    for (let place = 1; place <= 100 && !ring.isFull; place++) ring.push(batch([place], place, false, 5_000_000));
    expect(ring.end).toBe(2n);
    expect(ring.covers(undefined)).toBe(true);
    ring.push(batch([3], 3, false, 5_000_000));
    expect(ring.covers(undefined)).toBe(false);
  });

  it('refuses a batch that does not follow', () => {
    const ring = new BatchRing(undefined);
    ring.push(batch([1, 2, 3]));
    for (const wrong of [batch([3, 4]), batch([2], 4), batch([], 2), batch([4, 6], 5)]) expect(() => ring.push(wrong)).toThrow(RangeError);
    expect(ring.end).toBe(3n);
  });
});
