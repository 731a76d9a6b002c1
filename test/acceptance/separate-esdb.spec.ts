// The sample in separate processes over the EventStoreDB protocol, each of them killed while commands arrive.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { occurredAt, type RecordedEvent } from '@mainstem/event-store';
import { seededRandom } from '@mainstem/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AcknowledgementLedger, type OfferedCommand } from '../chaos/support/acknowledgements.js';
import { flawsOfReadModels } from '../chaos/support/shop-folder.js';
import { send, ShopCommands, traffic } from '../chaos/support/shop-traffic.js';
import { build } from './online-retail/application-process.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './online-retail/expected.js';
import { computedFigures, inOrder, recordedFigures } from './online-retail/policy-figures.js';
import { HEALING_MS, SeparateApplications } from './separate-applications.js';

const CLIENTS = 4;
/** How long commands arrive after the last kill. */
const FLOW_MS = 400;
/** Three stages in a row, each with six seconds. */
const STOPPING_MS = 20_000;
const SETTLE_ROUNDS_MAX = 10;
const KILLED = ['sql-projector', 'command-side', 'cache-projector', 'event-store', 'search-projector', 'policies', 'query-api'] as const;
const POLICIES = { POLICIES: 'on' } as const;

/** Also keeps the commands: their lines give the expected totals. */
class OfferedCommands extends AcknowledgementLedger {
  readonly commands = new Map<string, OfferedCommand>();

  override offer(command: OfferedCommand): void {
    this.commands.set(command.commandId, command);
    super.offer(command);
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the processes of npm run start:separate', () => {
  let dir: string;
  let applications: SeparateApplications;
  beforeAll(build);
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-separate-'));
    applications = await SeparateApplications.start(dir, POLICIES);
  });
  afterEach(() => expect(applications.output).not.toMatch(/ERROR|UNHANDLED/));
  afterAll(async () => {
    await applications.end('SIGINT');
    await rm(dir, { recursive: true, force: true });
  });

  const url = (name: string): string => applications.of(name).url;

  it('reproduce every figure of the sample, imported by the command line over the same event store', async () => {
    await applications.mainstem('import', SAMPLE_FILE);
    const events = await applications.recorded();
    await applications.healed(events.at(-1)?.position ?? 0n);
    await expectFigures(applications.queries, sampleFigures);
    await expectPolicies(events);
  });

  /** Customers and products are as their documents say. */
  const expectPolicies = async (events: readonly RecordedEvent[]): Promise<void> => {
    const documents = events.map((event) => ({
      stream: event.stream,
      type: event.type,
      at: occurredAt(event),
      data: event.data as object as Fields,
    }));
    const computed = await computedFigures(documents);
    expect(inOrder(await applications.reading(recordedFigures))).toEqual(inOrder(computed));
  };

  it('create nothing in a mistyped folder of a command', async () => {
    const mistyped = join(dir, 'mistyped');
    for (const args of [['status'], ['rebuild', '--all'], ['parked', 'list']]) {
      const stderr = expect.stringMatching(/mistyped[^]*READ_STORE_CANNOT_OPEN\)\n$/) as string;
      await expect(applications.mainstem('--dir', mistyped, ...args)).rejects.toMatchObject({ code: 1, stderr });
    }
    expect(existsSync(mistyped)).toBe(false);
  });

  it('lose no acknowledged command and double none when each is killed in turn, and reach the end of the store within 30 s', async () => {
    const ledger = new OfferedCommands();
    const commands = new ShopCommands('S', seededRandom(5));
    const ending = new AbortController();
    const flow = async (): Promise<void> => {
      while (!ending.signal.aborted) {
        await traffic(url('command-side'), commands, ledger, { clients: CLIENTS, signal: ending.signal });
        await delay(50);
      }
    };
    const flowing = flow();
    for (const name of KILLED) {
      const before = ledger.acknowledged;
      await expect.poll(() => ledger.acknowledged, { timeout: HEALING_MS }).toBeGreaterThan(before);
      await applications.killAndStart(name);
    }
    await delay(FLOW_MS);
    ending.abort();
    await flowing;
    for (let round = 0; ledger.unanswered.length > 0 && round < SETTLE_ROUNDS_MAX; round++) {
      for (const command of ledger.unanswered) await send(url('command-side'), command, ledger);
    }

    expect(ledger.unanswered).toEqual([]);
    const events = await applications.recorded();
    await applications.healed(events.at(-1)?.position ?? 0n);
    expect(ledger.flawsOf(events)).toEqual([]);
    expect(await flawsOfReadModels(dir, events)).toEqual([]);
    await expectPolicies(events);
    const totals = await applications.queries.get<Totals>('totals');
    expect(totals.events).toBe(sampleFigures.events + [...ledger.commands.values()].reduce((sum, { types }) => sum + types.length, 0));
    expect(thousandths(totals.grossSales)).toBe(thousandths(String(sampleFigures.totals['grossSales'])) + sumOf(ledger, 'OrderLineAdded'));
    expect(thousandths(totals.creditedAmount)).toBe(thousandths(String(sampleFigures.totals['creditedAmount'])) + sumOf(ledger, 'CreditLineAdded'));
  });
});

describe('a process without its event store', () => {
  beforeAll(build);

  it.concurrent.each(['src/main.js', 'apps/sql-projector/src/main.js'])('says so in one line, without the password, and fails: %s', async (entry) => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-unreachable-'));
    try {
      const EVENT_STORE = 'esdb://admin:topsecret@127.0.0.1:1?tls=false';
      const program = fileURLToPath(new URL(`../../dist/${entry}`, import.meta.url));
      const started = promisify(execFile)(process.execPath, [program, '--dir', dir, '--port', '0'], { env: { ...process.env, EVENT_STORE } });
      const { code, stderr, stdout } = await started.then(
        () => ({ code: 0, stderr: '', stdout: '' }),
        (error: { readonly code: number; readonly stderr: string; readonly stdout: string }) => error,
      );
      expect(code).toBe(1);
      expect(stderr.trim()).toMatch(/^EVENT_STORE_UNAVAILABLE: .*127\.0\.0\.1:1/);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr + stdout).not.toContain('topsecret');
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe('Ctrl-C', () => {
  it('stops all processes in order within seconds, and leaves none behind', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-ctrl-c-'));
    try {
      const applications = await SeparateApplications.start(dir, POLICIES);
      const { code, tookMs } = await applications.end('SIGINT');
      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(STOPPING_MS);
      expect([...applications.processes.values()].filter(({ pid }) => isAlive(pid))).toEqual([]);
      expect(applications.processes.size).toBe(KILLED.length);
      expect(applications.output).not.toContain('\u001b');
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

type Fields = Readonly<Record<string, unknown>>;

interface Totals {
  readonly events: number;
  readonly grossSales: string;
  readonly creditedAmount: string;
}

const thousandths = (amount: string): bigint => {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(3, '0'));
};

/** The sum of the commands' lines, in thousandths. */
const sumOf = (ledger: OfferedCommands, lineType: string): bigint => {
  let sum = 0n;
  for (const { body, types } of ledger.commands.values()) {
    const isOfType = types.includes(lineType);
    const { lines } = body as { readonly lines: readonly { readonly quantity: number; readonly unitPrice: string }[] };
    if (isOfType) for (const { quantity, unitPrice } of lines) sum += BigInt(quantity) * thousandths(unitPrice);
  }
  return sum;
};
