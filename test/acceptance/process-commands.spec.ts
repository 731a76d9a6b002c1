// mainstem process and mainstem deadlines as operators run them: the built program beside a running host.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import { systemRuntime } from '@mainstem/event-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  account,
  Credit,
  gift,
  HOUR_MS,
  Open,
  openBank,
  RequestTransfer,
  settled,
  transfer,
  type Bank,
} from '../../libs/process/src/transfer.fixtures.js';

const PROGRAM = fileURLToPath(new URL('../../node_modules/.bin/mainstem', import.meta.url));
const APPLICATION = fileURLToPath(new URL('processes/bank.command-line.ts', import.meta.url));
/** The application of this test is a source; the program and the libraries are built. */
const LOADER = fileURLToPath(new URL('../fixtures/source-loader.mjs', import.meta.url));
const TIMEOUT_MS = 20_000;

let dir: string;
let bank: Bank;
let close: () => Promise<void>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-process-commands-'));
  await writeFile(join(dir, 'package.json'), JSON.stringify({ mainstem: { application: APPLICATION } }));
  const store = await EmbeddedEventStore.open({ dir });
  const readStore = await EmbeddedCacheStore.open({ dir });
  // Its clock is slow, so for the program what it waits for is overdue.
  bank = openBank({ manager: gift, store, readStore, runtime: { ...systemRuntime, now: () => Date.now() - 2 * HOUR_MS } });
  bank.projector.start();
  close = async () => {
    await bank.projector.stop();
    await Promise.all([store.close(), readStore.close()]);
  };
  await bank.executor.execute(account, 'a', new Open(10));
  for (const [id, amount] of [
    ['order-1', 30],
    ['order-2', 40],
    ['order-3', 5],
  ] as const)
    await bank.executor.execute(transfer, id, new RequestTransfer('a', 'b', amount));
  await settled(bank, TIMEOUT_MS);
});
afterAll(async () => {
  await close();
  await rm(dir, { recursive: true });
});

const mainstem = async (...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> => {
  const env = { ...process.env, NODE_OPTIONS: `--no-warnings --import=${LOADER}` };
  const child = spawn(PROGRAM, ['--dir', dir, ...args], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
};

describe('the commands for processes', () => {
  it('list what is stuck, show one, and tell what is overdue', async () => {
    const { code, out } = await mainstem('process', 'list', 'gift');
    expect({ code, lines: out.trim().split('\n').length }).toEqual({ code: 0, lines: 4 });
    expect(out).toMatch(/^stuck +order-1 .* take#1 +ACCOUNT_OVERDRAWN: /m);
    const shown = await mainstem('process', 'show', 'gift', 'order-1');
    expect(shown.out).toMatch(/take#1 +Debit +account-a +\S+ +ACCOUNT_OVERDRAWN/);
    const deadlines = await mainstem('deadlines', '--overdue', '--json');
    expect(
      deadlines.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { key: string }).key),
    ).toEqual(['order-1', 'order-2']);
    const status = await mainstem('status');
    expect(status.out).toContain('gift: 2 instances are stuck. mainstem process list gift\n');
    expect(status.out).toContain('gift: 2 deadlines are overdue. mainstem deadlines gift --overdue\n');
  });

  it('send a stuck command again, which the running host carries out', async () => {
    await bank.executor.execute(account, 'a', new Credit('help', 100));
    const { code, out, err } = await mainstem('process', 'retry', 'gift', 'order-1');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('gift order-1: 1 command asked for again');
    await settled(bank, TIMEOUT_MS);
    const ended = await mainstem('process', 'list', 'gift', '--state', 'ended');
    expect(ended.out).toMatch(/^ended +order-1 /m);
    const again = await mainstem('process', 'retry', 'gift', 'order-1');
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('(CLI_INSTANCE_NOT_READY)') as unknown });
    const discarded = await mainstem('process', 'discard', 'gift', 'order-2', 'take#1', '--reason', 'told by telephone');
    expect(discarded).toMatchObject({ code: 1, err: expect.stringContaining('take#1 is no effect that waits') as unknown });
  });

  it('cancel an instance for a reason, and refuse to guess without a terminal', async () => {
    const unasked = await mainstem('process', 'cancel', 'gift', 'order-2', '--reason', 'paid in cash');
    expect(unasked).toMatchObject({ code: 2, err: expect.stringContaining('--yes is required') as unknown });
    const without = await mainstem('process', 'cancel', 'gift', 'order-2', '--yes');
    expect(without).toMatchObject({ code: 2, err: expect.stringContaining('--reason') as unknown });
    const { code, out } = await mainstem('process', 'cancel', 'gift', 'order-2', '--reason', 'paid in cash', '--yes');
    expect(code).toBe(0);
    expect(out).toContain('gift order-2: cancelled.');
    await settled(bank, TIMEOUT_MS);
    expect((await mainstem('process', 'list', 'gift')).out).toBe('gift: no instance is stuck or running.\n');
    expect((await mainstem('deadlines')).out).toBe('No deadline is pending.\n');
  });

  it('name what was meant', async () => {
    expect(await mainstem('process', 'list', 'gitf')).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean gift?') as unknown });
    expect(await mainstem('process', 'show', 'gift', 'ordr-1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Did you mean order-1?') as unknown,
    });
  });

  it('replay an event of a process and verify its read models like others', async () => {
    expect(await mainstem('parked', 'replay', 'gift-outbox')).toMatchObject({ code: 0, out: '0 events replayed, 0 still parked.\n' });
    const verified = await mainstem('verify', '--all');
    expect(verified.out).toContain('gift-instances');
    expect(verified.code, verified.out).toBe(0);
  });
});
