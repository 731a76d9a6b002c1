// Group commit: appends that arrive while one commit is on its way share the next one.
import type { EventMark, Runtime, SilentLoop } from '@mainstem/event-store';
import { AppendQueue } from '@mainstem/event-store/adapter';
import { PostgresOverloaded } from '../errors.js';
import { appendsOf, type Work } from './batch-plan.js';
import type { LogWriter } from './log-writer.js';

export interface GroupCommitOptions {
  readonly writer: LogWriter;
  readonly runtime: Runtime;
  /** The longest time that one commit may take: then the loop counts as silent. */
  readonly deadlineMs: number;
  /** Called after each commit, with its last event. */
  readonly onCommit: (last: EventMark) => void;
}

/** The writer of one process. Appends take effect in the order of the calls. A refused one fails alone. */
export class GroupCommit {
  readonly #queue: AppendQueue<Work>;
  readonly #writer: LogWriter;

  constructor({ writer, runtime, deadlineMs, onCommit }: GroupCommitOptions) {
    this.#writer = writer;
    this.#queue = new AppendQueue<Work>({
      runtime,
      sizeUnit: 'bytes',
      overloaded: (pendingMax) => new PostgresOverloaded(pendingMax),
      commitMs: deadlineMs,
      commit: async (take, ending) => {
        const { outcomes, last } = await writer.write(take(), ending);
        if (last !== undefined) onCommit(last);
        return outcomes;
      },
    });
  }

  /** Resolves after the commit. The signal removes it from the queue; a commit that has begun goes on. */
  accept<Result>(work: Work, signal?: AbortSignal): Promise<Result> {
    const appends = appendsOf(work);
    const count = appends.reduce((sum, append) => sum + append.events.length, 0);
    const size = appends.reduce((sum, append) => sum + append.bytes, 0);
    return this.#queue.add({ operation: work.kind === 'append' ? 'append' : 'appendAll', work, count, size }, signal);
  }

  /** As that of the store. */
  changesByOthers(): number | undefined {
    return this.#writer.changesByOthers();
  }

  /** Calls that wait for a commit to take them. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Set while appends wait and no commit succeeds. */
  get silence(): SilentLoop | undefined {
    return this.#queue.silence;
  }

  /** Commits the queue; refuses later appends, and after five seconds those that were not begun. */
  close(): Promise<void> {
    return this.#queue.close();
  }
}
