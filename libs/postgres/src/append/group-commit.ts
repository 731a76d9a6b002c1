// Group commit: appends that arrive while one commit is on its way share the next one.
import { EventStoreClosed, Heartbeat, OperationAborted, throwIfAborted, type EventMark, type Runtime, type SilentLoop } from '@mainstem/event-store';
import { PostgresOverloaded } from '../errors.js';
import { appendsOf, type Work } from './batch-plan.js';
import type { LogWriter } from './log-writer.js';

/** The limit of one transaction, so that other processes wait briefly for the counter; a larger append still goes. */
const BATCH_EVENTS_MAX = 10_000;
const BATCH_SIZE_MAX = 16 * 1_048_576;
/** The limit of waiting appends, in number and in UTF-16 units. */
const PENDING_APPENDS_MAX = 65_536;
const PENDING_SIZE_MAX = 256 * 1_048_576;

export interface GroupCommitOptions {
  readonly writer: LogWriter;
  readonly runtime: Runtime;
  /** The longest time that one commit may take: then the loop counts as silent. */
  readonly deadlineMs: number;
  /** Called after each commit, with its last event. */
  readonly onCommit: (last: EventMark) => void;
}

interface Pending {
  readonly work: Work;
  readonly events: number;
  readonly size: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** To be called before the caller is told; only a call with a signal has it. */
  settled: (() => void) | undefined;
}

/** The writer of one process. Appends take effect in the order of the calls. A refused one fails alone. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #queue = new Set<Pending>();
  readonly #heartbeat: Heartbeat;
  #queueSize = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat('the group commit', options.runtime);
  }

  /** Resolves after the commit. The signal removes it from the queue; a commit that has begun goes on. */
  accept<Result>(work: Work, signal?: AbortSignal): Promise<Result> {
    const operation = work.kind === 'append' ? 'append' : 'appendAll';
    return new Promise<Result>((resolve, reject) => {
      throwIfAborted(signal, operation);
      this.#assertRoom();
      const appends = appendsOf(work);
      const events = appends.reduce((sum, append) => sum + append.events.length, 0);
      const size = appends.reduce((sum, append) => sum + append.bytes, 0);
      const pending: Pending = { work, events, size, resolve: (result) => resolve(result as Result), reject, settled: undefined };
      if (signal) this.#listen(pending, signal, operation);
      this.#queue.add(pending);
      this.#queueSize += size;
      this.#running ??= this.#run();
    });
  }

  /** Set while appends wait and no commit succeeds. */
  get silence(): SilentLoop | undefined {
    return this.#heartbeat.silence();
  }

  /** Commits the queue; refuses later appends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #listen(pending: Pending, signal: AbortSignal, operation: string): void {
    const onAbort = (): void => {
      if (this.#remove(pending)) pending.reject(new OperationAborted(operation, signal.reason));
    };
    // A signal may outlive millions of appends, so every listener is removed.
    pending.settled = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
  }

  #assertRoom(): void {
    if (this.#isClosed) throw new EventStoreClosed();
    if (this.#queue.size >= PENDING_APPENDS_MAX) throw new PostgresOverloaded(`${PENDING_APPENDS_MAX} calls`);
    if (this.#queueSize >= PENDING_SIZE_MAX) throw new PostgresOverloaded(`${PENDING_SIZE_MAX} bytes`);
  }

  async #run(): Promise<void> {
    while (this.#queue.size > 0) {
      this.#heartbeat.busy('one commit', this.#options.deadlineMs);
      // All calls of this turn of the event loop, or of the time of the last commit, join the batch.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#commit(this.#take());
    }
    this.#heartbeat.idle();
    this.#running = undefined;
  }

  async #commit(batch: readonly Pending[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      const { outcomes, last } = await this.#options.writer.write(batch.map(({ work }) => work));
      for (const [index, pending] of batch.entries()) {
        pending.settled?.();
        const outcome = outcomes[index];
        if (outcome && 'result' in outcome) pending.resolve(outcome.result);
        else pending.reject(outcome?.refusal);
      }
      if (last !== undefined) this.#options.onCommit(last);
    } catch (error) {
      // Refusals, too: they may depend on what an earlier append of this batch would have written.
      for (const pending of batch) {
        pending.settled?.();
        pending.reject(error);
      }
    }
  }

  #take(): readonly Pending[] {
    const batch: Pending[] = [];
    let events = 0;
    let size = 0;
    for (const pending of this.#queue) {
      events += pending.events;
      size += pending.size;
      if (batch.length > 0 && (events > BATCH_EVENTS_MAX || size > BATCH_SIZE_MAX)) break;
      batch.push(pending);
      this.#remove(pending);
    }
    return batch;
  }

  #remove(pending: Pending): boolean {
    if (!this.#queue.delete(pending)) return false;
    this.#queueSize -= pending.size;
    return true;
  }
}
