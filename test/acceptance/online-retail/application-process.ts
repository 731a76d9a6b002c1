// An application as a process that can be killed, started like `npm start` and `npm run start:<app>`.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 10;

/** Compiles what the processes run; costs a second when nothing has changed. */
export const build = async (): Promise<void> => {
  const compiler = promisify(execFile)(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-b', 'apps'], { cwd: ROOT });
  await compiler.catch((error: { readonly stdout: string }) => {
    throw new Error(`the applications do not compile:\n${error.stdout}`);
  });
};

export class ApplicationProcess {
  #output = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => void (this.#output += text.toString()));
  }

  /**
   * Resolves once it listens, by default on a free port. `entry` is below dist, such as `apps/query-api/src/main.js`.
   */
  static async start(entry: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ApplicationProcess> {
    const options = { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
    const child = spawn(process.execPath, [`${ROOT}dist/${entry}`, '--port', '0', ...args], options);
    const application = new ApplicationProcess(child);
    try {
      await application.#until(() => application.url !== '', START_TIMEOUT_MS);
    } catch (error) {
      await application.end('SIGKILL');
      throw error;
    }
    return application;
  }

  /** Its output so far. */
  get output(): string {
    return this.#output;
  }

  /** The address on which it listens. */
  get url(): string {
    return /http:\/\/(?:localhost|127\.0\.0\.1):[0-9]+/.exec(this.#output)?.[0] ?? '';
  }

  /** Resolves when this many events are imported, or the import has ended. */
  async imported(events: number, timeoutMs: number): Promise<void> {
    await this.#until(async () => {
      const progress = (await (await fetch(`${this.url}/health/progress`)).json()) as { 'first import': { state: string; events: number } };
      const { state, events: imported } = progress['first import'];
      return imported >= events || state === 'done' || state === 'not needed';
    }, timeoutMs);
  }

  /** Resolves when everything is live. */
  async ready(timeoutMs: number): Promise<void> {
    await this.#until(async () => (await fetch(`${this.url}/health/ready`)).ok, timeoutMs);
  }

  async get<Answer>(path: string): Promise<Answer> {
    const response = await fetch(`${this.url}/api/${path}`);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  /** Sends a signal; resolves with the milliseconds until the process ended. */
  async end(signal: 'SIGKILL' | 'SIGINT' | 'SIGTERM'): Promise<number> {
    const startedMs = performance.now();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill(signal);
      await exited;
    }
    return performance.now() - startedMs;
  }

  async #until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await condition())) {
      if (this.child.exitCode !== null || performance.now() > deadline) throw new Error(`the process is not where it should be:\n${this.#output}`);
      await delay(POLL_MS);
    }
  }
}
