import { systemRuntime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import type { EventLog } from '../log/event-log.js';
import type { LogEvent } from '../semantics/log-event.js';
import type { Group } from './group.js';
import { LiveFeed } from './live-feed.js';
import { eventAt } from './message-of-tests.js';

/** A log of one stream, in which revision n is also position n. */
class LogOfTests {
  readonly events: LogEvent[] = [];
  #wake: () => void = () => undefined;

  commit(): void {
    const position = this.events.length + 1;
    this.events.push({ ...eventAt(position), position });
    this.#wake();
  }

  asLog(): EventLog {
    const log = {
      head: () => Promise.resolve(this.events.length),
      isLinkStream: () => false,
      observe: () => Promise.resolve(this.events.length),
      changed: (seen: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          this.#wake = resolve;
          signal.addEventListener('abort', () => resolve());
          if (seen !== this.events.length) resolve();
        }),
      allPage: ({ from, filter }: Parameters<EventLog['allPage']>[0]) =>
        Promise.resolve({
          events: this.events.filter((event) => event.position >= from && filter?.isMatch(event.stream, event.type)),
          considered: Math.max(0, this.events.length + 1 - from),
          next: Math.max(from, this.events.length + 1),
          isEnd: true,
        }),
    };
    return log as unknown as EventLog;
  }
}

/** A group that fails as often as the test says. */
const groupOf = (stream: string, taken: number[], failures = { left: 0 }): Group => {
  const messages = (events: readonly LogEvent[]) => {
    if (failures.left-- > 0) return Promise.reject(new Error('the disk is away'));
    return Promise.resolve(events.map(({ position }) => ({ place: position })));
  };
  const group = {
    settings: { source: { kind: 'stream', stream } },
    parts: { reader: { messages, filter: undefined } },
    addLive: (all: readonly { readonly place: number }[]) => void taken.push(...all.map(({ place }) => place)),
  };
  return group as unknown as Group;
};

describe('the feed of all groups', () => {
  const runtime = { ...systemRuntime, sleep: () => Promise.resolve() };

  it('hands new commits to the groups on their stream', async () => {
    const log = new LogOfTests();
    log.commit();
    const [taken, other]: [number[], number[]] = [[], []];
    const feed = new LiveFeed({ log: log.asLog(), runtime, report: () => undefined });
    await feed.add(groupOf('s-1', taken));
    await feed.add(groupOf('s-2', other));
    log.commit();
    await expect.poll(() => taken).toEqual([2]);
    log.commit();
    await expect.poll(() => taken).toEqual([2, 3]);
    expect(other).toEqual([]);
    await feed.close();
  });

  it('repeats what failed on its way, and reports the failure', async () => {
    const log = new LogOfTests();
    const taken: number[] = [];
    const told: unknown[] = [];
    const feed = new LiveFeed({ log: log.asLog(), runtime, report: (error) => told.push(error) });
    await feed.add(groupOf('s-1', taken, { left: 2 }));
    log.commit();
    log.commit();
    await expect.poll(() => taken.at(-1)).toBe(2);
    expect(new Set(taken)).toEqual(new Set([1, 2]));
    expect(told).toHaveLength(2);
    await feed.close();
  });
});
