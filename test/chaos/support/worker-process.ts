// Processes that run the sources, send messages to their parent, and can be killed at any moment.
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endOf } from '../../fixtures/end-of.js';
import { SOURCE_ARGUMENTS } from '../../fixtures/source-arguments.js';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const STDERR_SHOWN = 4_000;
const FROZEN_LOOKS_MAX = 1_000;

/** The signal takes effect a little later than it is sent. */
const isFrozen = (pid: number): boolean => execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('T');

export interface Told {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface WorkerOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** One process. Disposing of it kills it. */
export class WorkerProcess implements AsyncDisposable {
  /** The last message of each kind. */
  readonly last = new Map<string, Told>();
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(message: Told) => void>();
  readonly #exit: Promise<unknown>;
  #stderr = '';
  #hasEnded = false;

  /** `file` is a module of test/chaos/workers. */
  constructor(file: string, { args = [], env = {} }: WorkerOptions = {}) {
    this.#child = fork(pathOf(`../workers/${file}`), args, {
      execArgv: [...SOURCE_ARGUMENTS],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#exit = endOf(this.#child).then(() => {
      this.#hasEnded = true;
      this.#tell({ kind: 'exit' });
    });
    this.#child.stderr?.on('data', (chunk) => (this.#stderr = (this.#stderr + String(chunk)).slice(-STDERR_SHOWN)));
    this.#child.on('message', (message: Told) => this.#tell(message));
  }

  /** Freezes it, runs `work`, and resumes it. */
  async whileFrozen<Result>(work: () => Result): Promise<Result> {
    const pid = this.#child.pid;
    if (pid === undefined || this.#hasEnded) throw new Error(`there is no process to freeze: ${this.#stderr}`);
    process.kill(pid, 'SIGSTOP');
    try {
      for (let look = 0; !isFrozen(pid); look++) if (look > FROZEN_LOOKS_MAX) throw new Error(`process ${pid} does not stop`);
      return work();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The signal that ended it, if it was one. */
  get signal(): NodeJS.Signals | null {
    return this.#child.signalCode;
  }

  /** Calls back with every message from now on. */
  listen(listener: (message: Told) => void): void {
    this.#listeners.add(listener);
  }

  send(message: object): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /**
   * The first message of this kind, past or future, for which the condition holds. Rejects if the process ends first.
   */
  async until(kind: string, condition: (message: Told) => boolean = () => true): Promise<Told> {
    const known = this.last.get(kind);
    return known && condition(known) ? known : this.next(kind, condition);
  }

  /** Like `until`, from now on. */
  async next(kind: string, condition: (message: Told) => boolean = () => true): Promise<Told> {
    return new Promise((resolve, reject) => {
      const listener = (message: Told): void => {
        if (message.kind === 'exit' && kind !== 'exit') reject(new Error(`the process ended before it told ${kind}: ${this.#stderr}`));
        else if (message.kind !== kind || !condition(message)) return;
        else resolve(message);
        this.#listeners.delete(listener);
      };
      this.#listeners.add(listener);
      if (this.#hasEnded) listener({ kind: 'exit' });
    });
  }

  /** A message of this kind made after now: the next one may have been on its way. */
  async fresh(kind: string): Promise<Told> {
    await this.next(kind);
    return this.next(kind);
  }

  /** SIGSTOP. Disposing of it still kills it. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  /** SIGCONT. */
  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** SIGTERM, which it may answer in its own time. */
  terminate(): void {
    this.#signal('SIGTERM');
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** Waits for the process to end by itself; returns its exit code. */
  async ended(): Promise<number | null> {
    await this.#exit;
    return this.#child.exitCode;
  }

  /** Waits for the end; after a bad one, rejects with the process's stderr. */
  async succeeded(): Promise<void> {
    if ((await this.ended()) !== 0) throw new Error(`the process failed: ${this.#stderr}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#hasEnded) this.#child.kill(signal);
  }

  #tell(message: Told): void {
    this.last.set(message.kind, message);
    for (const listener of [...this.#listeners]) listener(message);
  }
}
