// The contracts of the ledger are those of its lock file, and what it stores fits them. Needs the build (npm test makes
// it).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = path.join(root, 'node_modules/.bin/mainstem');
const committed = path.join(root, 'contracts.lock.json');

let dir: string;
let lock: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'mainstem-contracts-'));
  lock = path.join(dir, 'lock.json');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const mainstem = async (...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> => {
  const child = spawn(program, ['--dir', dir, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
};

describe('the contracts of the ledger', () => {
  it('are those of the committed lock file', async () => {
    expect(await mainstem('contracts', 'check', '--no-history')).toEqual({ code: 0, out: 'Nothing breaks; no stored event was read\n', err: '' });
    const { code } = await mainstem('contracts', 'accept', '--no-history', '--lock', lock);
    expect([code, await readFile(lock, 'utf8')]).toEqual([0, await readFile(committed, 'utf8')]);
  });

  it('are told apart from a lock file that is not there, is broken, or cannot be compared with stored events', async () => {
    const missing = await mainstem('contracts', 'check', '--no-history', '--lock', path.join(dir, 'none.json'));
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('CLI_NO_CONTRACT_LOCK')]);
    await writeFile(lock, '{\n  "form": 1,\n<<<<<<< HEAD\n');
    const broken = await mainstem('contracts', 'check', '--no-history', '--lock', lock);
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('Line 3 of the lock file')]);
    const away = await mainstem('contracts', 'check');
    expect([away.code, away.err]).toEqual([2, expect.stringMatching(/EVENT_STORE_CANNOT_OPEN[\s\S]*CLI_HISTORY_UNREADABLE/)]);
  });

  it('are published as JSON Schema and as a page', async () => {
    const [schema, page] = ['events.schema.json', 'events.md'].map((name) => path.join(dir, name)) as [string, string];
    expect((await mainstem('contracts', 'schema', '--out', schema)).code).toBe(0);
    expect((await mainstem('contracts', 'catalogue', '--out', page)).code).toBe(0);
    const { $defs } = JSON.parse(await readFile(schema, 'utf8')) as { readonly $defs: Readonly<Record<string, { readonly required: unknown }>> };
    expect($defs['order/OrderPlaced@1']?.required).toEqual(['country', 'customerId', 'orderNo']);
    expect(await readFile(page, 'utf8')).toContain('Schema version 1. Written by: aggregate order. Read by: projection sales-documents');
  });

  it('fit what an import stores, and a planted break is named with its readers', async () => {
    expect((await mainstem('import', 'data/online-retail/sample.ndjson')).code).toBe(0);
    for (const whole of [[], ['--whole']]) {
      const { code, out } = await mainstem('contracts', 'check', ...whole);
      expect([code, out]).toEqual([0, expect.stringMatching(/^Nothing breaks; (a sample of|all) [\d,]+ stored events read\n$/)]);
    }
    await cp(committed, lock);
    await writeFile(lock, (await readFile(lock, 'utf8')).replaceAll('"country": {', '"land": {'));
    const { code, out } = await mainstem('contracts', 'check', '--no-history', '--lock', lock);
    expect(code).toBe(1);
    expect(out).toContain('BREAKING  order/OrderPlaced land (schema version 1): was removed; country looks like its new name');
    expect(out).toContain('  read by: aggregate order, projection sales-documents');
    expect(out).toContain('1: ({ land, ...data }) => ({ ...data, country: land }),');
  });
});
