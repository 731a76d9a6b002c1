// The built all-in-one application as a process, with the mainstem command beside it. Needs the build (npm test makes
// it).
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './expected.js';

const ROOT = new URL('../../../', import.meta.url).pathname;
const MAIN = join(ROOT, 'dist/apps/all-in-one/src/main.js');
const PROGRAM = join(ROOT, 'libs/cli/bin/mainstem.mjs');
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

export interface CommandRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command to its end. */
export const mainstem = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandRun> => {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, out, err };
};

export class ShopProcess implements Api, AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Resolves once it listens. */
  static async start(dir: string, args: readonly string[]): Promise<ShopProcess> {
    const child = spawn(process.execPath, [MAIN, '--dir', dir, '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    const deadline = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      const [, url] = /on (http:\/\/\S+?),/.exec(said) ?? [];
      if (url !== undefined) return new ShopProcess(child, url);
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(`the application did not start: ${said}`);
      await delay(POLL_MS);
    }
  }

  /** Resolves once it is ready; after a minute, rejects with its own report. */
  async ready(): Promise<void> {
    await this.until(async () => (await fetch(`${this.url}/health/ready`)).ok, 'readiness');
  }

  /** Why it is not ready; empty if it is. */
  async reasons(): Promise<readonly string[]> {
    const { reasons } = (await (await fetch(`${this.url}/health/ready`)).json()) as { reasons: readonly { reason: string }[] };
    return reasons.map(({ reason }) => reason);
  }

  async get<Answer>(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return (await (await this.fetch(path, { headers })).json()) as Answer;
  }

  /** Errors: any answer that is no success. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.url}/api/${path}`, init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  }

  async until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error(`no ${what}: ${(await this.reasons()).join('; ')}`);
      await delay(POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
