// Promises of the simulated Runtime.
import { describe, expect, it } from 'vitest';
import { SeededRuntime } from './seeded-runtime.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('SeededRuntime', () => {
  it('draws the same numbers and ids for the same seed', () => {
    const draw = (seed: number): readonly unknown[] => {
      const runtime = new SeededRuntime({ seed });
      return [runtime.random(), runtime.uuid(), runtime.uuid(), runtime.random()];
    };

    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('makes ids that look like any other and differ', () => {
    const runtime = new SeededRuntime({ seed: 1 });
    const ids = Array.from({ length: 1_000 }, () => runtime.uuid());

    expect(ids.filter((id) => !UUID.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(1_000);
  });

  it('lets time pass only when told', async () => {
    const runtime = new SeededRuntime({ seed: 1, startsAtMs: 5_000 });

    expect([runtime.now(), runtime.monotonic()]).toEqual([5_000, 0]);
    await runtime.advance(250);
    expect([runtime.now(), runtime.monotonic()]).toEqual([5_250, 250]);
  });

  it('wakes sleepers at their time, in order', async () => {
    const runtime = new SeededRuntime({ seed: 1 });
    const woken: string[] = [];
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await runtime.sleep(ms);
      woken.push(`${name} at ${runtime.monotonic()}`);
    };
    const all = [sleeper('c', 30), sleeper('a', 10), sleeper('b1', 20), sleeper('b2', 20), sleeper('late', 31)];
    await runtime.advance(30);

    expect(woken).toEqual(['a at 10', 'b1 at 20', 'b2 at 20', 'c at 30']);
    expect(runtime.sleepers).toBe(1);
    await runtime.advance(1);
    await Promise.all(all);
  });

  it('wakes sleepers that go to sleep again on the way', async () => {
    const runtime = new SeededRuntime({ seed: 1 });
    const ticks: number[] = [];
    const ticking = (async (): Promise<void> => {
      for (let tick = 0; tick < 4; tick++) {
        await runtime.sleep(10);
        ticks.push(runtime.monotonic());
      }
    })();
    await runtime.advance(35);

    expect(ticks).toEqual([10, 20, 30]);
    await runtime.advance(5);
    await ticking;
  });

  it('wakes a sleeper early, without an error, when its signal fires', async () => {
    const runtime = new SeededRuntime({ seed: 1 });
    const stop = new AbortController();
    const sleeping = runtime.sleep(1_000, stop.signal);
    stop.abort();
    await sleeping;
    await runtime.sleep(1_000, stop.signal);

    expect([runtime.sleepers, runtime.monotonic()]).toEqual([0, 0]);
  });

  it('changes the wall clock without waking any sleeper', async () => {
    const runtime = new SeededRuntime({ seed: 1, startsAtMs: 100_000 });
    const sleeping = runtime.sleep(10);
    runtime.stepWallClock(-60_000);

    expect([runtime.now(), runtime.monotonic(), runtime.sleepers]).toEqual([40_000, 0, 1]);
    await runtime.advance(10);
    await sleeping;
  });

  it('runs from sleeper to sleeper until there is an outcome', async () => {
    const runtime = new SeededRuntime({ seed: 1 });
    const work = async (): Promise<string> => {
      for (let step = 0; step < 100; step++) await runtime.sleep(3_600_000);
      return 'done';
    };

    expect(await runtime.runUntil(work(), { timeoutMs: 400_000_000 })).toBe('done');
    expect(runtime.monotonic()).toBe(360_000_000);
  });

  it('passes on the error of the work', async () => {
    const runtime = new SeededRuntime({ seed: 1 });
    const failing = runtime.sleep(5).then(() => Promise.reject(new RangeError('mine')));

    await expect(runtime.runUntil(failing, { timeoutMs: 10 })).rejects.toThrow(new RangeError('mine'));
  });

  it('reports that the outcome cannot come any more, or comes too late', async () => {
    const runtime = new SeededRuntime({ seed: 1 });
    const never = new Promise<void>(() => undefined);

    await expect(runtime.runUntil(never, { timeoutMs: 10 })).rejects.toMatchObject({ code: 'SIMULATION_STUCK' });
    await expect(runtime.runUntil(runtime.sleep(11), { timeoutMs: 10 })).rejects.toMatchObject({ code: 'SIMULATION_STUCK' });
  });
});
