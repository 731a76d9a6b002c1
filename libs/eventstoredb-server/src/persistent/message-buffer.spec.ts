import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageBuffer } from './message-buffer.js';
import { messageAt } from './message-of-tests.js';
import { replayedMessage, retried, type Message } from './message.js';

const sentBy = (buffer: MessageBuffer, count = Infinity): readonly Message[] => {
  const sent: Message[] = [];
  buffer.drain((message) => {
    if (sent.length >= count) return { outcome: 'full', message };
    sent.push(message);
    return { outcome: 'sent', message };
  });
  return sent;
};
const places = (messages: readonly Message[]): readonly unknown[] => messages.map(({ place }) => place);

describe('the buffer of a group', () => {
  it('gives out each event once and in order, however reading, commits and consumers interleave', () => {
    const step = fc.oneof(fc.constant('commit' as const), fc.constant('feed' as const), fc.constant('read' as const), fc.constant('drain' as const));
    const sizes = fc.record({
      sizeMax: fc.integer({ min: 3, max: 8 }),
      liveMax: fc.integer({ min: 1, max: 6 }),
      from: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(sizes, fc.array(step, { maxLength: 200, size: 'max' }), ({ sizeMax, liveMax, from }, steps) => {
        const buffer = new MessageBuffer({ sizeMax, liveMax }, from);
        const sent: Message[] = [];
        let end = 3; // events before it are committed
        let fed = 3; // those before it came live if they were committed while the group existed
        const read = (): void => {
          if (buffer.isLive || !buffer.canTake(2)) return;
          const begin = buffer.next;
          const next = Math.max(begin, Math.min(begin + 2, end));
          for (let place = begin; place < next; place++) buffer.addRead(messageAt(place));
          if (buffer.isLive) return;
          buffer.passed(next);
          if (next >= end) buffer.endRead(next);
        };
        const feed = (): void => {
          while (fed < end) buffer.addLive(messageAt(fed++));
        };
        for (const one of steps) {
          if (one === 'commit') end++;
          if (one === 'feed') feed();
          if (one === 'read') read();
          if (one === 'drain') sent.push(...sentBy(buffer, 2));
        }
        for (let round = 0; round < 300; round++) {
          feed();
          read();
          sent.push(...sentBy(buffer));
        }
        expect(places(sent)).toEqual(Array.from({ length: Math.max(0, end - from) }, (_, n) => from + n));
        expect(buffer.isLive).toBe(true);
      }),
    );
  });

  it('offers retries in the order of the source, and replayed messages last', () => {
    const buffer = new MessageBuffer({ sizeMax: 10, liveMax: 10 }, 0);
    buffer.addRead(messageAt(7));
    for (const place of [5, 3]) buffer.addRetry(retried(messageAt(place)));
    buffer.addRetry(replayedMessage(messageAt(1, 'parked')));
    for (const place of [4, 6]) buffer.addRetry(retried(messageAt(place)));
    expect(places(sentBy(buffer))).toEqual([3, 4, 5, undefined, 6, 7]);
  });

  it('keeps a message for a consumer that is full, and offers those behind it to others', () => {
    const buffer = new MessageBuffer({ sizeMax: 10, liveMax: 10 }, 0);
    for (const place of [0, 1, 2]) buffer.addRead(messageAt(place));
    const offered: unknown[] = [];
    buffer.drain((message) => {
      offered.push(message.place);
      return { outcome: message.place === 1 ? 'sent' : 'later', message };
    });
    expect(offered).toEqual([0, 1, 2]);
    expect(buffer.counts).toEqual({ read: 0, live: 0, retries: 2 });
    expect(places(sentBy(buffer))).toEqual([0, 2]);
  });

  it('ends its reading at a commit only if no event lies between', () => {
    const buffer = new MessageBuffer({ sizeMax: 10, liveMax: 1 }, 0);
    for (const place of [4, 5, 6]) buffer.addLive(messageAt(place)); // 4 and 5 are not kept
    for (const place of [0, 1]) buffer.addRead(messageAt(place));
    buffer.passed(2);
    expect(buffer.endRead(2)).toBe(false);
    for (const place of [2, 3, 4, 5, 6]) buffer.addRead(messageAt(place));
    expect(buffer.isLive).toBe(true);
    expect(places(sentBy(buffer))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('goes live past commits that are no longer shown', () => {
    const buffer = new MessageBuffer({ sizeMax: 10, liveMax: 10 }, 0);
    for (const place of [0, 1]) buffer.addLive(messageAt(place));
    buffer.passed(2);
    expect(buffer.endRead(2)).toBe(true);
    expect(sentBy(buffer)).toEqual([]);
  });
});
