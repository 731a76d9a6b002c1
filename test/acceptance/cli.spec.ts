// The mainstem command as users run it: the installed program on real data. Needs the build (npm test makes it).
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = path.join(root, 'node_modules/.bin/mainstem');
const sample = path.join(root, 'data/online-retail/sample.ndjson');

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'mainstem-cli-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const start = (args: readonly string[], env: Record<string, string> = {}): ChildProcess =>
  spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });

const finish = async (child: ChildProcess): Promise<Run> => {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
};

const mainstem = (...args: readonly string[]): Promise<Run> => finish(start([...args, '--dir', dir]));

describe('the mainstem command', () => {
  it('says what is missing where nothing has been started yet', async () => {
    const { code, err } = await mainstem('status');
    expect(code).toBe(1);
    expect(err).toContain('EVENT_STORE_CANNOT_OPEN');
    expect(err).toContain('first import');
  });

  it.each([
    ['status'],
    ['parked', 'list'],
    ['show', 'products'],
    ['cleanup'],
    ['forget', 'order-totals', '--yes'],
    ['rebuild', '--all'],
    ['stream', 'order-1'],
  ])('makes nothing in a mistyped folder, and names it: %s', async (...args) => {
    const missing = path.join(dir, 'mistyped');
    const empty = path.join(dir, 'empty');
    await mkdir(empty, { recursive: true });
    for (const folder of [missing, empty]) {
      const { code, out, err } = await finish(start([...args, '--dir', folder]));
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/STORE_CANNOT_OPEN\)\n$/);
      expect(err).toContain(folder);
      expect(err).toContain('--dir');
    }
    await expect(readdir(missing)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(empty)).toEqual([]);
    await rm(empty, { recursive: true });
  });

  it('imports a file and reports the rules that it breaks, as computed independently', async () => {
    const { code, out } = await mainstem('import', sample);
    expect(out).toContain('2,000 lines: 2,000 new events, 0 there already');
    const { violations } = (JSON.parse(await readFile(path.join(root, 'data/online-retail/expected.json'), 'utf8')) as Expected).sample;
    for (const [rule, count] of Object.entries(violations)) {
      if (count > 0) expect(out).toMatch(new RegExp(`^${rule.replaceAll('.', '[.]')} +${count} `, 'm'));
    }
    expect(code).toBe(0);
  });

  it('adds nothing when it imports again', async () => {
    expect((await mainstem('import', sample)).out).toContain('0 new events, 2,000 there already');
  });

  it('sets lines aside that it cannot take, and says so in its exit code', async () => {
    const odd = path.join(dir, 'odd.ndjson');
    const rejects = path.join(dir, 'odd.rejects.ndjson');
    const line = { seq: 1, stream: 'bad-debt-A1', type: 'BadDebtAdjusted', at: '2026-01-05T10:00:00Z' };
    const data = { adjustmentNo: 'A1', line: 1, sku: 'B', amount: '1.00', note: null, country: 'United Kingdom' };
    await writeFile(odd, `${JSON.stringify({ ...line, data })}\n{"seq":\n`);
    const { code, out } = await mainstem('import', odd, '--rejects', rejects);
    expect(code).toBe(1);
    expect(out).toContain('1 new event');
    expect(out).toContain(rejects);
    expect(JSON.parse(await readFile(rejects, 'utf8'))).toMatchObject({ line: 2 });
  });

  it('shows the status of every projection, also as JSON', async () => {
    const { code, out } = await mainstem('status', '--json');
    expect(code).toBe(1); // no process runs them
    const statuses = JSON.parse(out) as { projection: string; state: string; lagEvents: string }[];
    expect(statuses.find(({ projection }) => projection === 'violations')).toMatchObject({ state: 'Live', lagEvents: '0' });
    expect(statuses.find(({ projection }) => projection === 'products')).toMatchObject({ state: 'Not started', lagEvents: '2001' });
  });

  it('shows the history of one aggregate and its state', async () => {
    const { out } = await mainstem('stream', 'order-536365', '--json');
    const lines = out.trim().split('\n');
    expect(lines).toHaveLength(9);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'OrderPlaced', revision: '0', data: { customerId: '17850' } });
    expect(JSON.parse(lines[8] ?? '')).toHaveProperty('state');
    expect((await mainstem('stream', 'order-none')).code).toBe(1);
  });

  it('prints chosen events and ends at the head when told not to follow', async () => {
    const { code, out } = await mainstem('tail', '--from', 'start', '--no-follow', '--type', 'CreditNoteIssued', '--json');
    const types = out.trim().split('\n');
    expect(code).toBe(0);
    expect(types.length).toBeGreaterThan(1);
    expect(types.every((line) => (JSON.parse(line) as { type: string }).type === 'CreditNoteIssued')).toBe(true);
  });

  it('follows until Ctrl-C, and ends cleanly', async () => {
    const child = start(['tail', '--dir', dir]);
    const run = finish(child);
    await once(child.stderr as NodeJS.ReadableStream, 'data'); // it says that it follows
    child.kill('SIGINT');
    expect((await run).code).toBe(0);
  });

  it('takes the folder from the environment too', async () => {
    const { code, out } = await finish(start(['parked', 'list'], { MAINSTEM_DIR: dir }));
    expect(out).toBe('Nothing is parked.\n');
    expect(code).toBe(0);
  });

  it('refuses what it does not understand, with a way to help', async () => {
    const unknown = await mainstem('stauts');
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('Did you mean status?');
    const settings = await finish(start(['status', '--dir', dir], { EVENT_STORE: 'floppy' }));
    expect(settings).toMatchObject({ code: 2, err: expect.stringContaining('SETTINGS_INVALID') });
    expect((await mainstem('parked', 'replay', 'nothing')).err).toContain('PROJECTION_UNKNOWN');
  });

  it('tells the variables of the application in its help', async () => {
    const { code, out } = await finish(start(['--help']));
    expect(code).toBe(0);
    expect(out).toMatch(/Variables of the application shop ledger[^]* MAINSTEM_DIR +\.mainstem [^]* READ_STORE_SQL +embedded /);
    expect(out).not.toContain('--rebuild <how>');
  });

  it('has help with examples for every command', async () => {
    for (const command of ['status', 'import', 'tail', 'stream', 'parked', 'rebuild', 'rollback', 'cleanup']) {
      const { code, out } = await mainstem(command, '--help');
      expect(code).toBe(0);
      expect(out).toContain('Examples:');
    }
  });
});

interface Expected {
  readonly sample: { readonly violations: Readonly<Record<string, number>> };
}
