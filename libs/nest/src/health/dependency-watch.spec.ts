import { setImmediate as turn } from 'node:timers/promises';
import { systemRuntime } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { DependencyWatch } from './dependency-watch.js';

const STEPS_MAX = 1_000;

/** Time that passes only while the test waits, from one end of a sleep to the next, and not at all under load. */
class StandingClock {
  nowMs = 0;
  readonly #sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        resolve();
      };
      const sleeper = { dueMs: this.nowMs + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });

  /** Resolves at the first moment at which it holds. */
  async until(holds: () => boolean): Promise<void> {
    for (let step = 0; step < STEPS_MAX; step++) {
      await turn();
      if (holds()) return;
      const [next] = [...this.#sleepers].toSorted((left, right) => left.dueMs - right.dueMs);
      if (!next) continue;
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.wake();
    }
    throw new Error(`it does not hold after ${STEPS_MAX} steps, at ${this.nowMs} ms`);
  }

  async during<Result>(work: Promise<Result>): Promise<Result> {
    let isOver = false;
    void work.finally(() => (isOver = true));
    await this.until(() => isOver);
    return work;
  }
}

describe('the watch of the dependencies of an application', () => {
  const told: string[] = [];
  let clock = new StandingClock();
  let watch: DependencyWatch | undefined;
  afterEach(() => {
    watch?.stop();
    told.length = 0;
    clock = new StandingClock();
  });
  const start = (looks: Readonly<Record<string, () => Promise<unknown>>>): DependencyWatch => {
    watch = new DependencyWatch({ ...systemRuntime, sleep: clock.sleep, monotonic: () => clock.nowMs }, { warn: (line) => void told.push(line) });
    for (const [name, look] of Object.entries(looks)) watch.add({ name, look });
    watch.start();
    return watch;
  };
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:5432');

  it('reports once when one goes and once when it is back, however often it was tried, and nothing about the others', async () => {
    let isThere = true;
    let tried = 0;
    const look = async (): Promise<void> => {
      if (isThere) return;
      tried++;
      throw refused;
    };
    start({ 'Read store sql': look, 'The event store': async () => undefined });
    for (let round = 1; round <= 3; round++) {
      isThere = false;
      tried = 0;
      await clock.until(() => tried > 10);
      expect(told).toHaveLength(2 * round - 1);
      expect(told.at(-1)).toBe('Read store sql is away: connect ECONNREFUSED 127.0.0.1:5432');
      isThere = true;
      await clock.until(() => told.length === 2 * round);
      expect(told.at(-1)).toMatch(/^Read store sql is back after \d+ s\.$/);
    }
  });

  it('ignores a single failure', async () => {
    let looks = 0;
    start({
      'Read store cache': async () => {
        if (++looks % 2 === 0) throw refused;
      },
    });
    await clock.until(() => looks > 6);
    expect(told).toEqual([]);
  });

  it('reports one that does not answer while the look still goes on, and looks anew if it never ends', async () => {
    let answer: () => void = () => undefined;
    let looks = 0;
    start({ 'Read store search': () => new Promise<void>((resolve) => void (looks++, (answer = resolve))) });
    await clock.until(() => told.length > 0);
    expect(told).toEqual(['Read store search is away: no answer within 5 s']);
    expect(looks).toBe(1);
    await clock.until(() => looks === 2);
    answer();
    await clock.until(() => told.length > 1);
    expect(told.at(-1)).toMatch(/is back after/);
    expect(told).toHaveLength(2);
  });

  it('answers whether one is away, once that is known', async () => {
    let isThere = true;
    const asked = start({ 'The event store': () => (isThere ? Promise.resolve() : Promise.reject(refused)) });
    expect(await asked.isAway('The event store')).toBe(false);
    isThere = false;
    expect(await clock.during(asked.isAway('The event store'))).toBe(true);
    expect(told).toHaveLength(1);
    expect(await asked.isAway('something else')).toBe(false);
    asked.stop();
    expect(await asked.isAway('The event store')).toBe(false);
  });

  it('is silent after it was stopped', async () => {
    let looks = 0;
    const stopped = start({ 'The event store': () => (looks++, Promise.reject(refused)) });
    await clock.until(() => looks === 1);
    stopped.stop();
    for (let step = 0; step < 20; step++) await turn();
    expect(told).toEqual([]);
    expect(looks).toBeLessThanOrEqual(2);
  });
});
