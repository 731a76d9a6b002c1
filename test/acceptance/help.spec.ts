// Every application prints its settings on request, and starts nothing.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { build } from './online-retail/application-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

beforeAll(build, 120_000);

it.each([
  ['apps/all-in-one/src/main.js', 3000],
  ['src/main.js', 3000],
  ['apps/query-api/src/main.js', 3001],
  ['apps/sql-projector/src/main.js', 3002],
  ['apps/cache-projector/src/main.js', 3003],
  ['apps/search-projector/src/main.js', 3004],
  ['apps/policies/src/main.js', 3005],
  ['apps/event-store/src/main.js', 2113],
])('%s prints its settings with --help, whatever the other arguments', async (entry, port) => {
  const { stdout } = await promisify(execFile)(process.execPath, [`${ROOT}dist/${entry}`, '--port', 'none', '--help'], { cwd: ROOT });
  expect(stdout).toMatch(/--host <address> /);
  expect(stdout).toMatch(new RegExp(`--port <n> +PORT +${port} `));
});
