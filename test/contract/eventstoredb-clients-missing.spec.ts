// A machine without a JDK: the spec of the Java client leaves it out and says so, and fails under CI.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = 'node_modules/vitest/vitest.mjs';
const SPEC = 'test/contract/eventstoredb-clients.spec.ts';

/** No program is found on its path. */
const runWithoutPrograms = (ci: string): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, PATH: '/nowhere', CI: ci, NO_COLOR: '1' };
    execFile(process.execPath, [VITEST, 'run', '--project', 'contract', SPEC, '-t', 'Java'], { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr }),
    );
  });

describe('the spec of the Java client on a machine without a JDK', () => {
  it('leaves it out and says why', async () => {
    const { code, output } = await runWithoutPrograms('');
    expect(output).toContain('The Java client is left out: this machine lacks a JDK from 17 on.');
    expect(output).toMatch(/Tests\s+2 skipped/);
    expect(code).toBe(0);
  });

  it('fails under CI, and says what is missing', async () => {
    const { code, output } = await runWithoutPrograms('true');
    expect(output).toContain('Under CI the Java client is required, and this machine lacks a JDK from 17 on.');
    expect(code).toBe(1);
  });
});
