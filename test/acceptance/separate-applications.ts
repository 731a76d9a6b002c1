// `npm run start:separate` as a child process: where its processes are, killing and restarting one, their data and
// their end.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RecordedEvent } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { expect } from 'vitest';
import { ApplicationProcess } from './online-retail/application-process.js';
import type { Api } from './online-retail/expected.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/start-separate.mjs', import.meta.url));
const CLI = fileURLToPath(new URL('../../libs/cli/bin/mainstem.mjs', import.meta.url));
const READY_TIMEOUT_MS = 90_000;
export const HEALING_MS = 30_000;
/** How long a killed process stays down. */
const AWAY_MS = 400;

export interface SeparateProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
}

interface Progress {
  readonly projections: readonly {
    readonly projection: string;
    readonly state: string;
    readonly position: string | null;
    readonly lagMs: number | null;
  }[];
}

export class SeparateApplications {
  readonly processes = new Map<string, SeparateProcess>();
  readonly #restarted = new Map<string, ApplicationProcess>();
  #output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly dir: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Resolves when the script says that all processes are ready. */
  static async start(dir: string, env: Readonly<Record<string, string>> = {}): Promise<SeparateApplications> {
    const child = spawn(process.execPath, [SCRIPT, '--dir', dir, '--free-ports'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const applications = new SeparateApplications(child, dir, env);
    try {
      await applications.#ready();
    } catch (error) {
      await applications.end('SIGINT');
      throw error;
    }
    return applications;
  }

  /** The API of the process for queries. */
  readonly queries: Api = {
    get: async <Answer>(path: string): Promise<Answer> => {
      const response = await fetch(`${this.of('query-api').url}/api/${path}`);
      expect(response.status, path).toBe(200);
      return (await response.json()) as Answer;
    },
  };

  /** Every event, through the client, once the policies have answered all of them. */
  async recorded(): Promise<readonly RecordedEvent[]> {
    const end = await this.reading((store) => store.head());
    if (end !== undefined && this.processes.has('policies')) await this.healed(end);
    return this.reading(async (store) => {
      const events: RecordedEvent[] = [];
      for await (const batch of store.readAll()) events.push(...batch);
      return events;
    });
  }

  /** The event store, through the client, for as long as the work takes. */
  async reading<Result>(work: (store: EventStoreDbEventStore) => Promise<Result>): Promise<Result> {
    const store = await EventStoreDbEventStore.open({ connectionString: this.of('event-store').url });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** The mainstem command over the same stores. Rejects unless it exits with 0; resolves with its output. */
  async mainstem(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, ...this.env, EVENT_STORE: this.of('event-store').url };
    return (await promisify(execFile)(process.execPath, [CLI, '--dir', this.dir, ...args], { env })).stdout;
  }

  /** Resolves when every projection and policy is live at the position, in the words of the projectors. */
  async healed(position: bigint, timeoutMs = HEALING_MS): Promise<void> {
    const states = async (): Promise<readonly string[]> => {
      const behind: string[] = [];
      for (const name of ['sql-projector', 'cache-projector', 'search-projector', 'policies'].filter((one) => this.processes.has(one))) {
        const progress = await fetch(`${this.of(name).url}/health/progress`).then((response) => response.json() as Promise<Progress>);
        for (const { projection, state, position: at, lagMs } of progress.projections) {
          if (state !== 'live' || lagMs !== 0 || BigInt(at ?? 0) < position) behind.push(`${projection} is ${state} at ${at}`);
        }
      }
      return behind;
    };
    await expect.poll(states, { timeout: timeoutMs, interval: 100 }).toEqual([]);
    await expect.poll(async () => (await fetch(`${this.of('query-api').url}/health/ready`)).status, { timeout: timeoutMs }).toBe(200);
  }

  /** Kills it with -9, and starts it again in the same place. */
  async killAndStart(name: string): Promise<void> {
    const killed = this.#restarted.get(name);
    if (killed) await killed.end('SIGKILL');
    else process.kill(this.of(name).pid, 'SIGKILL');
    await delay(AWAY_MS);
    const entry = name === 'command-side' ? 'src/main.js' : `apps/${name}/src/main.js`;
    const health = name === 'event-store' ? ['--health-port', '0'] : [];
    const args = ['--dir', this.dir, '--port', new URL(this.of(name).url).port, ...health];
    const started = await ApplicationProcess.start(entry, args, { ...this.env, EVENT_STORE: this.of('event-store').url, PORT: '' });
    this.#restarted.set(name, started);
    expect(started.url, name).not.toBe('');
  }

  get output(): string {
    return this.#output;
  }

  of(name: string): SeparateProcess {
    const found = this.processes.get(name);
    if (!found) throw new Error(`there is no ${name}:\n${this.#output}`);
    return found;
  }

  /**
   * Ends restarted processes by SIGTERM, then signals only the script; resolves with its exit code and the
   * milliseconds.
   */
  async end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly tookMs: number }> {
    for (const application of [...this.#restarted.values()].reverse()) await application.end('SIGTERM');
    const startedMs = performance.now();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill(signal);
      await exited;
    }
    return { code: this.child.exitCode, tookMs: performance.now() - startedMs };
  }

  async #ready(): Promise<void> {
    const timeout = AbortSignal.timeout(READY_TIMEOUT_MS);
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new Error(`the processes are not ready:\n${this.#output}`));
      timeout.addEventListener('abort', fail, { once: true });
      this.child.once('exit', fail);
      for (const stream of [this.child.stdout, this.child.stderr]) {
        stream?.on('data', (text: Buffer) => {
          this.#output += text.toString();
          if (this.#output.includes('Ctrl-C stops them in order.')) resolve();
        });
      }
    });
    for (const [, name = '', url = '', pid] of this.#output.matchAll(/^ {2}(\S+) +(\S+) {2}\(process (\d+)\)$/gm)) {
      this.processes.set(name, { name, url, pid: Number(pid) });
    }
  }
}
