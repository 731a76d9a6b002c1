// Every command ends, gives the reason in one line, and shows it in its exit code: wrong files, full outputs, missing
// services.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresRows, postgresUrl, withPostgres } from '../contract/sql-fixtures.js';
import { SAMPLE_FILE } from './online-retail/expected.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(ROOT, 'node_modules/.bin/mainstem');
/** Accepts no bytes, like a full disk. */
const FULL = '/dev/full';
const ENDED_MS = 60_000;
const STACK = /^ {4}at /m;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-ends-'));
  expect((await run(['import', SAMPLE_FILE])).code).toBe(0);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Outputs {
  readonly out?: number;
  readonly err?: number;
}
const run = async (args: readonly string[], env: NodeJS.ProcessEnv = {}, { out, err }: Outputs = {}) => {
  const stdio = ['ignore', out ?? 'pipe', err ?? 'pipe'] as const;
  const child = spawn(PROGRAM, ['--dir', join(dir, 'shop'), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: [...stdio],
    timeout: ENDED_MS,
  });
  let said = '';
  child.stderr?.on('data', (chunk) => (said += String(chunk)));
  child.stdout?.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: said.trim() };
};
const withFull = async <Result>(work: (descriptor: number) => Promise<Result>): Promise<Result> => {
  const file = await open(FULL, 'w');
  try {
    return await work(file.fd);
  } finally {
    await file.close();
  }
};

describe.runIf(process.platform === 'linux')('an output that accepts nothing', () => {
  it.each([['status'], ['tail --from start --no-follow'], ['stream order-536365'], ['status --json']])('ends %s with the reason', async (line) => {
    const { code, said } = await withFull((out) => run(line.split(' '), {}, { out }));
    expect(said).toMatch(/The result cannot be written completely: ENOSPC/);
    expect(said).toContain('CLI_OUTPUT_UNWRITABLE');
    expect(said).not.toMatch(STACK);
    expect(code).toBe(1);
  });

  it('changes no exit code if only remarks besides the result are lost', async () => {
    expect((await withFull((err) => run(['nonsense'], {}, { err }))).code).toBe(2);
    expect((await withFull((err) => run(['tail', '--no-follow'], {}, { err }))).code).toBe(0);
  });
});

describe('a wrong usage', () => {
  it.each([
    [['--dir=', 'status'], {}, '--dir: needs a value'],
    [['stream', 'order'], {}, 'must look like category-id'],
    [['stream', ''], {}, 'must look like category-id'],
    [['show', 'violations', '--collection', 'violatons'], {}, 'Did you mean violations?'],
    [['show', 'violations', '--generation', '99'], {}, '--generation must be one that violations has'],
    [['show', 'violatons'], {}, 'Did you mean violations?'],
    [['rollback', 'violations', '--to', '77'], {}, '--to names no generation'],
    [['tail', '--from', '9999999999999999999'], {}, 'EVENT_STORE_INVALID_INPUT'],
    [['status'], { LOG_FORMAT: 'yaml' }, 'LOG_FORMAT: must be text or json'],
    [['status'], { MAINSTEM_DRI: 'x' }, 'Did you mean MAINSTEM_DIR?'],
    [['status'], { READ_STORE_SQL: 'postgres://postgres@127.0.0.1:1/postgres?shema=x' }, 'did you mean schema?'],
    [['status'], { READ_STORE_CACHE: 'redis://127.0.0.1:1/0?prefx=a:' }, 'READ_STORE_INVALID_OPTIONS'],
    [['status'], { EVENT_STORE: 'esdb://127.0.0.1:1?tsl=false' }, 'EVENT_STORE_CONNECTION_SETTINGS_INVALID'],
    [['status'], { PROJECTION_PARTITIONS: 'ordr-lines=2' }, 'Did you mean order-lines?'],
  ])('of %j with %j is reported by exit code 2', async (args, env, expected) => {
    const { code, said } = await run(args, env);
    expect(said).toContain(expected);
    expect(said).not.toMatch(STACK);
    expect(code).toBe(2);
  });

  it.each([['stream order-nowhere'], ['show violations --key nothing'], ['rollback violations']])(
    'is not a search without a result, like %s: exit code 1',
    async (line) => {
      expect((await run(line.split(' '))).code).toBe(1);
    },
  );

  it('is not a category or type that no aggregate has, because others may write to the event store', async () => {
    const { code, said } = await run(['tail', '--category', 'ordr', '--from', 'start', '--no-follow']);
    expect(said).toContain('Did you mean order?');
    expect(code).toBe(0);
  });
});

describe('a mistake or an outage', () => {
  it.each([
    ['import nowhere.ndjson', {}, 'IMPORT_FILE_UNREADABLE'],
    ['import .', {}, 'IMPORT_FILE_UNREADABLE'],
    ['status', { READ_STORE_SQL: 'postgres://postgres:pw@127.0.0.1:1/postgres' }, 'READ_STORE_UNAVAILABLE'],
    ['rebuild products', { READ_STORE_CACHE: 'redis://127.0.0.1:1/0' }, 'READ_STORE_UNAVAILABLE'],
    ['verify products', { READ_STORE_SEARCH: 'http://127.0.0.1:1' }, 'READ_STORE_UNAVAILABLE'],
    ['tail', { EVENT_STORE: 'esdb://127.0.0.1:1?tls=false' }, 'EVENT_STORE_UNAVAILABLE'],
  ])('of %s with %j is reported with its code, without a stack', async (line, env, expected) => {
    const { code, said } = await run(line.split(' '), env);
    expect(said).toContain(`(${expected})`);
    expect(said).not.toMatch(STACK);
    expect(code).toBe(1);
  });
});

describe.runIf(await withPostgres())('a schema that was mistyped', () => {
  const schema = `sales_of_nobody_${process.pid}`;

  it.each([['status'], ['verify violations'], ['show violations'], ['parked list violations'], ['rebuild violations'], ['cleanup']])(
    'is not made by %s',
    async (line) => {
      const url = new URL(postgresUrl);
      url.searchParams.set('schema', schema);
      const { code, said } = await run(line.split(' '), { READ_STORE_SQL: url.href });
      expect(said).toContain(`PostgreSQL has no read models in schema ${schema}`);
      expect(code).toBe(1);
      expect(await postgresRows('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])).toEqual([]);
    },
  );
});
