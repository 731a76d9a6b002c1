import { describe, expect, it } from 'vitest';
import { messageAt } from './message-of-tests.js';
import type { Message } from './message.js';
import { Progress, type CheckpointRule } from './progress.js';

const RULE: CheckpointRule = { checkpointAfterMs: 1_000, checkpointCountMin: 3, checkpointCountMax: 10 };

const leave = (progress: Progress, places: readonly number[]): readonly Message[] =>
  places.map((place) => {
    const message = progress.numbered(messageAt(place));
    progress.left(message);
    return message;
  });
const tick = (nowMs: number) => ({ nowMs, isTick: true });
const answer = (nowMs: number) => ({ nowMs, isTick: false });

describe('the progress of a group', () => {
  it('is noted at a tick when enough messages are answered, and not again before the time has passed', () => {
    const progress = new Progress(RULE, undefined);
    leave(progress, [4, 5]);
    expect(progress.dueCheckpoint(undefined, tick(0))).toBeUndefined();
    leave(progress, [6]);
    expect(progress.dueCheckpoint(undefined, answer(0))).toBeUndefined();
    expect(progress.dueCheckpoint(undefined, tick(0))).toBe(6);
    leave(progress, [7, 8, 9]);
    expect(progress.dueCheckpoint(undefined, tick(999))).toBeUndefined();
    expect(progress.dueCheckpoint(undefined, tick(1_000))).toBe(9);
    expect(progress.checkpoint).toBe(9);
  });

  it('is noted at once when very many messages are answered', () => {
    const progress = new Progress(RULE, undefined);
    leave(progress, [0, 1, 2]);
    expect(progress.dueCheckpoint(undefined, tick(0))).toBe(2);
    leave(
      progress,
      Array.from({ length: 10 }, (_, n) => 3 + n),
    );
    expect(progress.dueCheckpoint(undefined, answer(1))).toBe(12);
  });

  it('stops before the first unanswered message', () => {
    const progress = new Progress({ ...RULE, checkpointCountMin: 1 }, undefined);
    const [first, , third] = leave(progress, [10, 20, 30, 40]);
    expect(progress.dueCheckpoint(first, tick(0))).toBeUndefined();
    expect(progress.dueCheckpoint(third, tick(0))).toBe(20);
  });

  it('goes on from the loaded checkpoint, which is not noted again', () => {
    const progress = new Progress({ ...RULE, checkpointCountMin: 1 }, 7);
    const [first] = leave(progress, [9]);
    expect(progress.dueCheckpoint(first, tick(0))).toBeUndefined();
    expect(progress.dueCheckpoint(undefined, tick(0))).toBe(9);
  });

  it('counts skipped events', () => {
    const progress = new Progress(RULE, undefined);
    progress.skipped(99, 100);
    expect(progress.dueCheckpoint(undefined, answer(0))).toBe(99);
    progress.skipped(50, 100);
    expect(progress.dueCheckpoint(undefined, tick(5_000))).toBeUndefined();
  });

  it('is noted by number alone if no time is set', () => {
    const progress = new Progress({ ...RULE, checkpointAfterMs: 0 }, undefined);
    leave(progress, [0, 1, 2, 3]);
    expect(progress.dueCheckpoint(undefined, tick(1_000_000))).toBeUndefined();
  });
});
