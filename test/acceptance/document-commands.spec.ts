// README and the manual, command by command, against one application of `npm start`: the sample, or all data with
// FULL=1.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXECUTED } from '../architecture/document-commands.js';
import { fencesOf } from '../architecture/markdown.js';
import { FULL_FILE, SAMPLE_FILE } from './online-retail/expected.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const isWhole = Boolean(process.env['FULL']);
const START_MS_MAX = 300_000;
const readme = fencesOf(readFileSync(join(ROOT, 'README.md'), 'utf8'));

/** The folder that holds `.mainstem`. */
let project: string;
let shop: Running | undefined;
const started: Running[] = [];
const executed = new Set<string>();

class Running {
  out = '';
  readonly ended: Promise<number | null>;

  constructor(readonly child: ChildProcess) {
    started.push(this);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => void (this.out += text.toString()));
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** With what it has started. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null) process.kill(-this.child.pid, signal);
    return this.ended;
  }

  get address(): string {
    return /http:\/\/(localhost:[0-9]+)/.exec(this.out)?.[1] ?? '';
  }
}

/** Where the application listens; empty before it says so. */
const address = (): string => shop?.address ?? '';

/** Starts a command as the page shows it; only address, folder and position are those of this run. */
const start = (shown: string, { cwd = ROOT, behind = '' } = {}): Running => {
  expect(EXECUTED, shown).toContain(shown);
  executed.add(shown);
  const text = shown.replaceAll('localhost:3000', address() || 'localhost:3000').replaceAll('565710', String(position)) + behind;
  const env = { ...process.env, MAINSTEM_DIR: join(project, '.mainstem'), PORT: '0', PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  return new Running(spawn('sh', ['-c', text], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] }));
};

const succeeds = async (shown: string, options: { readonly cwd?: string; readonly behind?: string } = {}): Promise<string> => {
  const running = start(shown, options);
  expect(await running.ended, `${shown}\n${running.out}`).toBe(0);
  return running.out;
};

let position = isWhole ? 565_710 : 2_002;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'mainstem-documents-'));
});
afterAll(async () => {
  for (const running of started) await running.end('SIGKILL');
  await rm(project, { recursive: true, force: true });
});

/** What README shows below a command: `…` stands for anything; of the sample also figures and texts differ. */
const shownBelow = (shown: string): readonly RegExp[] => {
  const index = readme.findIndex(({ language, code }) => language === 'sh' && code.includes(shown));
  return (readme[index + 1]?.code ?? '').split('\n').map((line) => {
    const escaped = line.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('…', '.*');
    return new RegExp(isWhole ? escaped : escaped.replaceAll(/:"[^"]*"/g, ':"[^"]*"').replaceAll(/\d[\dA-Z]*(?:\\\.\d+)?/g, String.raw`[\dA-Z.]+`));
  });
};

describe('the tour of README', () => {
  it('begins with npm start, which imports the ledger and says where it listens', { timeout: 2 * START_MS_MAX }, async () => {
    shop = start('npm start', { behind: isWhole ? ` -- --data ${FULL_FILE}` : ` -- --data ${SAMPLE_FILE}` });
    await expect.poll(address, { timeout: START_MS_MAX, interval: 100 }).not.toBe('');
    const isReady = async (): Promise<boolean> => (await fetch(`http://${address()}/health/ready`)).ok;
    await expect.poll(isReady, { timeout: START_MS_MAX, interval: 100 }).toBe(true);
  });

  it('asks three read models', async () => {
    const asked = EXECUTED.filter((text) => /^curl -s '?localhost:3000\/api\/(?:leaderboards|search|customers)/.test(text));
    const answers = shownBelow(asked[0] ?? '');
    expect([asked.length, answers.length]).toEqual([3, 3]);
    for (const [index, shown] of asked.entries()) expect(await succeeds(shown), shown).toMatch(answers[index] ?? /$^/);
  });

  it('writes with a command, once', async () => {
    const shown = EXECUTED.find((text) => text.startsWith('curl -si')) ?? '';
    const first = await succeeds(shown);
    for (const line of shownBelow(shown)) expect(first).toMatch(line);
    position = Number(/Mainstem-Position: (\d+)/i.exec(first)?.[1]);
    const second = await succeeds(shown);
    expect(second.split('\n').at(-1)).toBe(first.split('\n').at(-1));
    expect(second).toContain('Idempotency-Replayed: true');
  });

  it('reads its own write', async () => {
    const shown = "curl -s 'localhost:3000/api/orders/order-900001?minPosition=565710'";
    expect(await succeeds(shown)).toMatch(shownBelow(shown)[0] ?? /$^/);
  });

  it('looks inside', async () => {
    expect(await succeeds('npx mainstem status')).toContain('sales-documents');
    expect(await succeeds('npx mainstem stream order-900001')).toContain('"status": "placed"');
  });

  it('follows events as they come in, until Ctrl-C', async () => {
    const tail = start('npx mainstem tail --category order');
    let order = 900_001;
    const placed = async (): Promise<string> => {
      const body = { orderNo: String((order += 1)), customerId: '17850', country: 'United Kingdom', lines: [] };
      await fetch(`http://${address()}/api/orders`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      return tail.out;
    };
    await expect.poll(placed, { timeout: 30_000, interval: 250 }).toMatch(/order-9\d+@0 +OrderPlaced/);
    await tail.end('SIGINT');
  });
});

describe('the commands of the manual', () => {
  it('tell the settings', async () => {
    expect(await succeeds('npm start -- --help')).toContain('READ_STORE_SQL');
  });

  it('watch the application', async () => {
    expect(await succeeds('curl -s localhost:3000/health/ready')).not.toContain('reason"');
    expect(await succeeds('curl -s localhost:3000/health/progress')).toContain('order-lines');
  });

  it('verify read models', async () => {
    await succeeds('npx mainstem verify products customer-profiles');
    await succeeds('npx mainstem verify --all --sample 1%');
  });

  it('rebuild, roll back, look at an earlier state, and clean up', { timeout: START_MS_MAX }, async () => {
    await succeeds('npx mainstem rebuild products sales-by-month');
    await succeeds('npx mainstem rollback products');
    await succeeds('npx mainstem rebuild ledger-totals --until 1000');
    await succeeds('npx mainstem cleanup products sales-by-month');
  });

  it('list and replay parked events', async () => {
    await succeeds('npx mainstem parked list');
    await succeeds('npx mainstem parked replay order-lines');
  });

  it('back the events up while everything runs', async () => {
    await succeeds(EXECUTED.find((text) => text.startsWith('node -e')) ?? '', { cwd: project });
    expect(existsSync(join(project, 'events-backup.db'))).toBe(true);
  });

  it('are all executed here, and the application ends on Ctrl-C', async () => {
    await shop?.end('SIGINT');
    expect(EXECUTED.filter((text) => !executed.has(text))).toEqual([]);
  });
});
