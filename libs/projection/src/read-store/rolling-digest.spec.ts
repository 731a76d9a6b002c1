// The digest sees order, holes and repetitions, and does not see batches.
import type { EventId, Position } from '@mainstem/event-store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_DIGEST, RollingDigest } from './rolling-digest.js';

type Place = readonly [position: bigint, id: string];

const digestOf = (places: readonly Place[], from: string = EMPTY_DIGEST): string => {
  const digest = new RollingDigest(from);
  for (const [position, id] of places) digest.add(position as Position, id as EventId);
  return digest.toString();
};

const place: fc.Arbitrary<Place> = fc.tuple(fc.bigInt(1n, 2n ** 53n), fc.uuid());
const A: Place = [1n, '00000000-0000-4000-8000-000000000001'];
const B: Place = [2n, '00000000-0000-4000-8000-000000000002'];
const C: Place = [3n, '00000000-0000-4000-8000-000000000003'];

describe('RollingDigest', () => {
  it('begins empty and has 16 hex digits', () => {
    expect(new RollingDigest().toString()).toBe(EMPTY_DIGEST);
    fc.assert(fc.property(fc.array(place), (places) => /^[0-9a-f]{16}$/.test(digestOf(places))));
  });

  it('gives the same for the same events, however they are cut into batches', () => {
    fc.assert(
      fc.property(fc.array(place), fc.nat(), (places, cut) => {
        const at = places.length === 0 ? 0 : cut % places.length;
        expect(digestOf(places.slice(at), digestOf(places.slice(0, at)))).toBe(digestOf(places));
      }),
    );
  });

  it('sees a hole, a repetition, an exchange and a missing end', () => {
    const all = digestOf([A, B, C]);
    for (const other of [
      [A, C],
      [A, B, B, C],
      [B, A, C],
      [A, B],
      [B, C],
      [A, B, C, C],
    ])
      expect(digestOf(other)).not.toBe(all);
  });

  it('sees a different id at the same position, and a different position of the same id', () => {
    expect(digestOf([[1n, B[1]]])).not.toBe(digestOf([A]));
    expect(digestOf([[2n, A[1]]])).not.toBe(digestOf([A]));
    expect(digestOf([[1n + 2n ** 32n, A[1]]])).not.toBe(digestOf([A]));
    fc.assert(
      fc.property(place, place, (left, right) => {
        fc.pre(left[0] !== right[0] || left[1] !== right[1]);
        expect(digestOf([left])).not.toBe(digestOf([right]));
      }),
    );
  });

  it('never maps two different states to one state with the same event', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 64n - 1n), (left, right) => {
        fc.pre(left !== right);
        const hex = (state: bigint): string => state.toString(16).padStart(16, '0');
        expect(digestOf([A], hex(left))).not.toBe(digestOf([A], hex(right)));
      }),
    );
  });

  it('refuses text that is not a digest', () => {
    for (const text of ['', '0', 'xyz', EMPTY_DIGEST.toUpperCase() + 'A', 'ABCDEF0123456789'])
      expect(() => new RollingDigest(text)).toThrow(TypeError);
  });
});
