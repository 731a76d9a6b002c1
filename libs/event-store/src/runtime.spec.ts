// Promises of the real runtime.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { systemRuntime } from './runtime.js';

describe('systemRuntime', () => {
  it('sleeps at least as long as asked', async () => {
    const start = systemRuntime.monotonic();
    await systemRuntime.sleep(10);
    // Timers count whole milliseconds.
    expect(systemRuntime.monotonic() - start).toBeGreaterThan(8);
  });

  it('ends a sleep early, without an error, when the signal fires', async () => {
    const ending = new AbortController();
    const sleep = systemRuntime.sleep(60_000, ending.signal);
    ending.abort(new Error('enough'));
    await expect(sleep).resolves.toBeUndefined();
  });

  it('does not sleep when the signal has fired before', async () => {
    await expect(systemRuntime.sleep(60_000, AbortSignal.abort())).resolves.toBeUndefined();
  });

  it('does not wait for a time that has passed, and gives no warning', () => {
    const script = `import { systemRuntime } from ${JSON.stringify(import.meta.resolve('./runtime.ts'))};
      process.on('warning', ({ name }) => console.log(name));
      void systemRuntime.sleep(-5_000).then(() => console.log('waited'));`;
    const output = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], { encoding: 'utf8' });
    expect(output).toBe('waited\n');
  });

  it('keeps the process alive while a caller waits', () => {
    // Without a top-level `await`: Node would warn that it never ends.
    const script = `import { systemRuntime } from ${JSON.stringify(import.meta.resolve('./runtime.ts'))};
      void systemRuntime.sleep(20).then(() => console.log('waited'));`;
    const output = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], { encoding: 'utf8' });
    expect(output).toBe('waited\n');
  });

  it('gives random numbers below 1 and different ids', () => {
    const numbers = Array.from({ length: 100 }, () => systemRuntime.random());
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(systemRuntime.uuid()).not.toBe(systemRuntime.uuid());
  });
});
