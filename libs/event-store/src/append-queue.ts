// Appends that wait for their commit: those that arrive while one commit is on its way share the next one.
import { EventStoreClosed, OperationAborted, throwIfAborted } from './errors.js';
import { Heartbeat, type SilentLoop } from './heartbeat.js';
import type { Runtime } from './runtime.js';

/** The limit of one commit, so that other processes wait briefly for the lock; a larger append still goes. */
const BATCH_COUNT_MAX = 10_000;
const BATCH_SIZE_MAX = 16 * 1_048_576;
/** The limit of waiting appends, in number and in size. */
const PENDING_APPENDS_MAX = 65_536;
const PENDING_SIZE_MAX = 256 * 1_048_576;
/** How long a close goes on to begin commits. */
const CLOSE_MS = 5_000;

export interface AppendQueueOptions<Work> {
  readonly runtime: Runtime;
  /**
   * Writes what `take` gives, all of it or nothing, and resolves with an outcome for each, in order. More appends join
   * until `take` is called: wait for locks before it. If it fails before, all that wait fail; else those that it took.
   * The signal fires when a close waits no longer.
   */
  readonly commit: (take: () => readonly Work[], ending: AbortSignal) => Promise<readonly AppendOutcome[]>;
  /** The error for more appends than may wait: of so many calls, or of so many units of size. */
  readonly overloaded: (pendingMax: string) => Error;
  /** In what the store tells sizes, such as `bytes`. */
  readonly sizeUnit: string;
  /** The most that one commit takes, as `count` counts. Default 10,000. */
  readonly batchCountMax?: number;
  /** The most appends that may wait. Default 65,536. */
  readonly pendingAppendsMax?: number | undefined;
  /** The longest time that a commit may take before the loop counts as silent. Default: that of every heartbeat. */
  readonly commitMs?: number;
}

/** One call. */
export interface QueuedAppend<Work> {
  /** For the error of a call that is aborted. */
  readonly operation: string;
  readonly work: Work;
  /** How much it is: both bound a commit, and `size` what waits. */
  readonly count: number;
  readonly size: number;
}

/** What became of a call, and what it is told. */
export type AppendOutcome = { readonly result: unknown } | { readonly refusal: unknown };

interface Pending<Work> {
  readonly append: QueuedAppend<Work>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** To be called before the caller is told; only a call with a signal has it. */
  settled: (() => void) | undefined;
}

/** The queue of one process. Appends are committed in the order of the calls, one commit at a time. */
export class AppendQueue<Work> {
  readonly #options: AppendQueueOptions<Work>;
  readonly #waiting = new Set<Pending<Work>>();
  readonly #heartbeat: Heartbeat;
  readonly #ending = new AbortController();
  #size = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: AppendQueueOptions<Work>) {
    this.#options = options;
    this.#heartbeat = new Heartbeat('the group commit', options.runtime);
  }

  /**
   * Resolves after the commit. The signal removes it from the queue; a commit that has begun goes on.
   * Errors: EVENT_STORE_ABORTED, EVENT_STORE_CLOSED and that of a full queue, when nothing was written; its refusal,
   * and those of the commit.
   */
  add<Result>(append: QueuedAppend<Work>, signal?: AbortSignal): Promise<Result> {
    // One promise for all of it: this runs for every command.
    return new Promise<Result>((resolve, reject) => {
      throwIfAborted(signal, append.operation);
      this.#assertRoom();
      const pending: Pending<Work> = { append, resolve: resolve as (result: unknown) => void, reject, settled: undefined };
      if (signal) this.#listen(pending, signal);
      this.#waiting.add(pending);
      this.#size += append.size;
      this.#running ??= this.#run();
    });
  }

  /** Calls that no commit has taken yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Set while appends wait and no commit ends. */
  get silence(): SilentLoop | undefined {
    return this.#heartbeat.silence();
  }

  /**
   * Refuses later appends and commits what waits. Whatever is not begun after five seconds fails with
   * EVENT_STORE_CLOSED, and nothing of it was written. Resolves when the commit that is under way has ended.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#running) return;
    const done = new AbortController();
    void this.#options.runtime.sleep(CLOSE_MS, done.signal).then(() => done.signal.aborted || this.#ending.abort());
    await this.#running;
    done.abort();
  }

  #listen(pending: Pending<Work>, signal: AbortSignal): void {
    const onAbort = (): void => {
      if (this.#remove(pending)) pending.reject(new OperationAborted(pending.append.operation, signal.reason));
    };
    // A signal may outlive millions of appends, so every listener is removed.
    pending.settled = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
  }

  #assertRoom(): void {
    if (this.#isClosed) throw new EventStoreClosed();
    const { pendingAppendsMax = PENDING_APPENDS_MAX, overloaded, sizeUnit } = this.#options;
    if (this.#waiting.size >= pendingAppendsMax) throw overloaded(`${pendingAppendsMax} calls`);
    if (this.#size >= PENDING_SIZE_MAX) throw overloaded(`${PENDING_SIZE_MAX} ${sizeUnit}`);
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      this.#heartbeat.busy('one commit', this.#options.commitMs);
      // All calls of this turn of the event loop, or of the time of the last commit, join the batch.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#ending.signal.aborted) fail(this.#take(Infinity, Infinity), new EventStoreClosed());
      else if (this.#waiting.size > 0) await this.#commit();
    }
    this.#heartbeat.idle();
    this.#running = undefined;
  }

  async #commit(): Promise<void> {
    const { commit, batchCountMax = BATCH_COUNT_MAX } = this.#options;
    const batch: Pending<Work>[] = [];
    const take = (): readonly Work[] => {
      this.#take(batchCountMax, BATCH_SIZE_MAX, batch);
      return batch.map(({ append }) => append.work);
    };
    try {
      const outcomes = await commit(take, this.#ending.signal);
      for (const [index, pending] of batch.entries()) settle(pending, outcomes[index]);
    } catch (error) {
      // Refusals, too: they may depend on what an earlier append of this batch would have written.
      fail(batch.length > 0 ? batch : this.#take(Infinity, Infinity), error);
    }
  }

  #take(countMax: number, sizeMax: number, batch: Pending<Work>[] = []): readonly Pending<Work>[] {
    let count = 0;
    let size = 0;
    for (const pending of this.#waiting) {
      count += pending.append.count;
      size += pending.append.size;
      if (batch.length > 0 && (count > countMax || size > sizeMax)) break;
      batch.push(pending);
      this.#remove(pending);
    }
    return batch;
  }

  #remove(pending: Pending<Work>): boolean {
    if (!this.#waiting.delete(pending)) return false;
    this.#size -= pending.append.size;
    return true;
  }
}

const settle = <Work>({ settled, resolve, reject }: Pending<Work>, outcome: AppendOutcome | undefined): void => {
  settled?.();
  if (outcome && 'result' in outcome) resolve(outcome.result);
  else reject(outcome?.refusal);
};

const fail = <Work>(batch: readonly Pending<Work>[], error: unknown): void => {
  for (const { settled, reject } of batch) {
    settled?.();
    reject(error);
  }
};
