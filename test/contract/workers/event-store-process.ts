// Starts processes that work on an embedded event store, and talks with them.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endOf } from '../../fixtures/end-of.js';
import { SOURCE_ARGUMENTS } from '../../fixtures/source-arguments.js';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export interface Told {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** A worker process and everything that it has told so far. */
export class EventStoreProcess implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly #child: ChildProcess;
  readonly #waiting: (() => void)[] = [];
  readonly #end: Promise<void>;
  #hasEnded = false;

  /** Starts a process and opens the store in it. With `fileSizeMax`, its writes fail beyond so many KiB in a file. */
  static async open(dir: string, options: { readonly fileSizeMax?: number } = {}): Promise<EventStoreProcess> {
    const worker = new EventStoreProcess(options.fileSizeMax);
    await worker.next('ready');
    worker.send('open', { dir });
    await worker.next('open');
    return worker;
  }

  private constructor(fileSizeMax: number | undefined) {
    const worker = pathOf('event-store-worker.mjs');
    this.#child =
      fileSizeMax === undefined
        ? fork(worker, { execArgv: [...SOURCE_ARGUMENTS] })
        : spawn('bash', ['-c', `ulimit -S -f ${fileSizeMax}; exec "$0" "$@"`, process.execPath, ...SOURCE_ARGUMENTS, worker], {
            stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
          });
    this.#child.on('message', (message: Told) => {
      this.told.push(message);
      this.#wake();
    });
    this.#end = endOf(this.#child).then(() => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  send(action: string, parameters: object = {}): void {
    this.#child.send({ action, ...parameters });
  }

  /** The next message of this kind that has not been asked for yet. Rejects when the worker fails or ends. */
  async next(kind: string): Promise<Told> {
    for (;;) {
      const failed = this.told.find((message) => message.kind === 'failed');
      if (failed) throw new Error(`a worker failed: ${String(failed['error'])}`);
      const index = this.told.findIndex((message) => message.kind === kind);
      const [found] = index < 0 ? [] : this.told.splice(index, 1);
      if (found) return found;
      if (this.#hasEnded) throw new Error(`a worker ended before it told ${kind}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** kill -9, as a crash would. */
  async kill(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGKILL');
    await this.#end;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
