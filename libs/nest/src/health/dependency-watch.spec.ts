import { systemRuntime } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { DependencyWatch } from './dependency-watch.js';

/** Time passes a hundred times as fast while nothing is done. */
const FASTER = 100;

describe('the watch of the dependencies of an application', () => {
  const told: string[] = [];
  let nowMs = 0;
  let watch: DependencyWatch | undefined;
  afterEach(() => {
    watch?.stop();
    told.length = 0;
    nowMs = 0;
  });
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    const from = performance.now();
    await systemRuntime.sleep(ms / FASTER, signal);
    nowMs += Math.min(ms, (performance.now() - from) * FASTER);
  };
  const start = (looks: Readonly<Record<string, () => Promise<unknown>>>): DependencyWatch => {
    watch = new DependencyWatch({ ...systemRuntime, sleep, monotonic: () => nowMs }, { warn: (line) => void told.push(line) });
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
      await expect.poll(() => tried).toBeGreaterThan(10);
      expect(told).toHaveLength(2 * round - 1);
      expect(told.at(-1)).toBe('Read store sql is away: connect ECONNREFUSED 127.0.0.1:5432');
      isThere = true;
      await expect.poll(() => told.length).toBe(2 * round);
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
    await expect.poll(() => looks).toBeGreaterThan(6);
    expect(told).toEqual([]);
  });

  it('reports one that does not answer while the look still goes on, and looks anew if it never ends', async () => {
    let answer: () => void = () => undefined;
    let looks = 0;
    start({ 'Read store search': () => new Promise<void>((resolve) => void (looks++, (answer = resolve))) });
    await expect.poll(() => told).toEqual(['Read store search is away: no answer within 5 s']);
    expect(looks).toBe(1);
    await expect.poll(() => looks).toBe(2);
    answer();
    await expect.poll(() => told.at(-1)).toMatch(/is back after/);
    expect(told).toHaveLength(2);
  });

  it('answers whether one is away, once that is known', async () => {
    let isThere = true;
    const asked = start({ 'The event store': () => (isThere ? Promise.resolve() : Promise.reject(refused)) });
    expect(await asked.isAway('The event store')).toBe(false);
    isThere = false;
    expect(await asked.isAway('The event store')).toBe(true);
    expect(told).toHaveLength(1);
    expect(await asked.isAway('something else')).toBe(false);
    asked.stop();
    expect(await asked.isAway('The event store')).toBe(false);
  });

  it('is silent after it was stopped', async () => {
    let looks = 0;
    const stopped = start({ 'The event store': () => (looks++, Promise.reject(refused)) });
    await expect.poll(() => looks).toBe(1);
    stopped.stop();
    await systemRuntime.sleep(50);
    expect(told).toEqual([]);
    expect(looks).toBeLessThanOrEqual(2);
  });
});
