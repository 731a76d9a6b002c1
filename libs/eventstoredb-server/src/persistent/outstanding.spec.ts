import { describe, expect, it } from 'vitest';
import { messageAt } from './message-of-tests.js';
import type { Message } from './message.js';
import { Outstanding } from './outstanding.js';

const numbered = (sequence: number): Message => ({ ...messageAt(sequence), sequence });

describe('what is not answered', () => {
  it('is due in the order in which it was given out', () => {
    const outstanding = new Outstanding();
    for (const n of [0, 1, 2]) outstanding.begin(numbered(n), 100 + n);
    expect(outstanding.takeDue(99)).toEqual([]);
    expect(outstanding.takeDue(101).map(({ sequence }) => sequence)).toEqual([0, 1]);
    expect(outstanding.count).toBe(1);
  });

  it('is answered by its id, once', () => {
    const outstanding = new Outstanding();
    outstanding.begin(numbered(0), 0);
    expect(outstanding.take('s-1#0')).toHaveLength(1);
    expect(outstanding.take('s-1#0')).toEqual([]);
    expect(outstanding.lowest()).toBeUndefined();
  });

  it('of one id is answered together', () => {
    const outstanding = new Outstanding();
    outstanding.begin(numbered(0), 0);
    outstanding.begin({ ...numbered(1), id: 's-1#0' }, 0);
    expect(outstanding.take('s-1#0').map(({ sequence }) => sequence)).toEqual([0, 1]);
    expect(outstanding.count).toBe(0);
  });

  it('holds the checkpoint back, also while it is being parked, but not what was replayed', () => {
    const outstanding = new Outstanding();
    const [parking, other, replayed] = [numbered(3), numbered(5), { ...messageAt(1), place: undefined }];
    outstanding.begin(replayed, 0);
    expect(outstanding.lowest()).toBeUndefined();
    outstanding.begin(other, 0);
    outstanding.beginParking(parking);
    expect(outstanding.lowest()).toBe(parking);
    outstanding.endParking(parking);
    expect(outstanding.lowest()).toBe(other);
  });
});
