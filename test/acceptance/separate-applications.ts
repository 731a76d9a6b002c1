// `npm run start:separate` as a child: where each of its processes is, and their end.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../scripts/start-separate.mjs', import.meta.url));
const READY_TIMEOUT_MS = 90_000;

export interface SeparateProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
}

export class SeparateApplications {
  readonly processes = new Map<string, SeparateProcess>();
  #output = '';

  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when the script says that all processes are ready. */
  static async start(dir: string): Promise<SeparateApplications> {
    const child = spawn(process.execPath, [SCRIPT, '--dir', dir, '--free-ports'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const applications = new SeparateApplications(child);
    await applications.#ready();
    return applications;
  }

  get output(): string {
    return this.#output;
  }

  of(name: string): SeparateProcess {
    const found = this.processes.get(name);
    if (!found) throw new Error(`there is no ${name}:\n${this.#output}`);
    return found;
  }

  /** Sends the signal to the script alone; resolves with its exit code and the milliseconds that it took. */
  async end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly tookMs: number }> {
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
