// mainstem doctor on the shop: before the first start, with read models on files and on servers, and with servers away.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogSchema } from '../contract/postgres-events.js';
import { postgresQuery, postgresUrl, withPostgres } from '../contract/sql-fixtures.js';
import { build } from './online-retail/application-process.js';
import { SAMPLE_FILE } from './online-retail/expected.js';

const CLI = fileURLToPath(new URL('../../libs/cli/bin/mainstem.mjs', import.meta.url));
const cwd = resolve(fileURLToPath(new URL('../..', import.meta.url)));

interface Examined {
  readonly code: number;
  readonly subjects: readonly string[];
  readonly problems: Readonly<Record<string, readonly string[]>>;
  readonly facts: Readonly<Record<string, readonly string[]>>;
}

let dir: string;
beforeAll(async () => {
  await build();
  dir = await mkdtemp(join(tmpdir(), 'mainstem-doctor-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const mainstem = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const options = { cwd, env: { ...process.env, ...env } };
  return promisify(execFile)(process.execPath, [CLI, '--dir', dir, ...args], options).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  );
};

const examine = async (env: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Promise<Examined> => {
  const { code, stdout } = await mainstem(['doctor', '--json', ...args], env);
  const found = JSON.parse(stdout) as readonly { subject: string; facts: string[]; findings: { problem: string; cure: string }[] }[];
  for (const { cure } of found.flatMap(({ findings }) => findings)) expect(cure).not.toBe('');
  return {
    code,
    subjects: found.map(({ subject }) => subject),
    problems: Object.fromEntries(found.map(({ subject, findings }) => [subject, findings.map(({ problem }) => problem)])),
    facts: Object.fromEntries(found.map(({ subject, facts }) => [subject, facts])),
  };
};

describe('mainstem doctor', () => {
  it('tells before the first start what is not there yet, and makes nothing', async () => {
    const { code, problems } = await examine();
    expect(code).toBe(1);
    expect(problems['packages']).toEqual([]);
    expect(problems['events (embedded)']).toEqual([expect.stringMatching(/^EVENT_STORE_CANNOT_OPEN: /)]);
    expect(problems['cache (embedded)']).toEqual([expect.stringMatching(/^READ_STORE_CANNOT_OPEN: /)]);
    expect((await mainstem(['doctor'])).stdout).toContain('– projections: not looked at, because a store cannot be opened');
  });

  it('finds after an import that no projector runs, and nothing else', async () => {
    expect((await mainstem(['import', SAMPLE_FILE])).code).toBe(0);
    const { code, problems } = await examine();
    expect(code).toBe(1);
    const found = Object.values(problems).flat();
    expect(found).toHaveLength(3);
    for (const problem of found) expect(problem).toMatch(/^no process runs .+ \((sql|cache|search)\)$/);
  });

  it('ends in bounded time while servers are away or silent, and still tells of the others', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const startMs = performance.now();
    const env = { READ_STORE_CACHE: `redis://127.0.0.1:${port}/0`, READ_STORE_SEARCH: 'http://127.0.0.1:1' };
    const { code, problems, facts } = await examine(env, ['--timeout', '2']);
    expect(performance.now() - startMs).toBeLessThan(20_000);
    silent.close();
    expect(code).toBe(1);
    expect(problems['cache (READ_STORE_CACHE)']).toEqual(['did not answer within 2 s']);
    expect(problems['search index (READ_STORE_SEARCH)']).toEqual([expect.stringMatching(/^READ_STORE_UNAVAILABLE: /)]);
    expect(facts['events (embedded)']).toEqual(['reached']);
  });

  it('ends with 2 for a setting that cannot be taken', async () => {
    expect((await mainstem(['doctor'], { READ_STORE_CACHE: 'nonsense' })).code).toBe(2);
    expect((await mainstem(['doctor', '--timeout', '0'])).code).toBe(2);
  });
});

describe.runIf(await withPostgres())('mainstem doctor on PostgreSQL', () => {
  it('compares the clock, and finds a schema that waits for mainstem migrate', async () => {
    await using schema = new LogSchema();
    const env = { EVENT_STORE: `${postgresUrl}?schema=${schema.name}` };
    const title = (subjects: readonly string[]): string => subjects.find((one) => one.startsWith('events in schema ')) ?? '';
    const before = await examine(env);
    expect(before.problems[title(before.subjects)]).toEqual([expect.stringMatching(/^it waits for mainstem migrate: it is not there yet/)]);
    expect((await mainstem(['migrate'], env)).code).toBe(0);
    const made = await examine(env);
    expect(made.facts[title(made.subjects)]).toEqual(['up to date']);
    expect(made.facts['events (EVENT_STORE)']).toEqual(['reached', 'clock differs by 0.0 s']);
    await postgresQuery(`UPDATE "${schema.name}".log SET version = 1`);
    const older = await examine(env);
    expect(older.problems[title(older.subjects)]).toEqual([expect.stringMatching(/^it waits for mainstem migrate: version 1 would become \d+$/)]);
  });
});
