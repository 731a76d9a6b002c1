import { describe, expect, it } from 'vitest';
import { messageAt } from './message-of-tests.js';
import type { Message } from './message.js';
import { Outstanding } from './outstanding.js';

const numbered = (sequence: number): Message => ({ ...messageAt(sequence), sequence });

describe('unanswered messages', () => {
  it('are due in the order in which they were given out', () => {
    const outstanding = new Outstanding();
    for (const n of [0, 1, 2]) outstanding.begin(numbered(n), 100 + n);
    expect(outstanding.takeDue(99)).toEqual([]);
    expect(outstanding.takeDue(101).map(({ sequence }) => sequence)).toEqual([0, 1]);
    expect(outstanding.count).toBe(1);
  });

  it('are answered once, by their id', () => {
    const outstanding = new Outstanding();
    outstanding.begin(numbered(0), 0);
    expect(outstanding.take('s-1#0')).toHaveLength(1);
    expect(outstanding.take('s-1#0')).toEqual([]);
    expect(outstanding.lowest()).toBeUndefined();
  });

  it('of one id are answered together', () => {
    const outstanding = new Outstanding();
    outstanding.begin(numbered(0), 0);
    outstanding.begin({ ...numbered(1), id: 's-1#0' }, 0);
    expect(outstanding.take('s-1#0').map(({ sequence }) => sequence)).toEqual([0, 1]);
    expect(outstanding.count).toBe(0);
  });

  it('hold the checkpoint back, also while they are being parked, but not if they were replayed', () => {
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
