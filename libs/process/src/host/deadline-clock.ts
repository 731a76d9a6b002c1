// Tells instances that a deadline has come. It waits by looking: twice a second, at the first pending one alone.
import { commandIdFrom } from '@mainstem/aggregate/host';
import { isMainstemError, streamOf, type Runtime } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import type { Figures } from '@mainstem/projection/reaction';
import { servingOf } from '@mainstem/projection/operate';
import type { ProcessManager } from '../manager/process-manager.js';
import { deadlinesName, type Deadline } from './deadlines.js';
import { describe } from './effect-attempt.js';
import { isOutage, ofCommand, type Executor } from './execution.js';
import { LookLoop } from './look-loop.js';

const LOOK_MS = 500;
/** Deadlines that are told at the same time. */
const PAGE = 500;
/** Due for so long that something must be wrong. */
const OVERDUE_MS = 10_000;

export interface DeadlineClockOptions {
  readonly manager: ProcessManager;
  readonly executor: Executor;
  /** The store that has the read model of the deadlines. */
  readonly store: Pick<ReadStore, 'generations' | 'scan'>;
  readonly runtime?: Runtime;
}

/**
 * Several clocks may run: a deadline is reached once. By this machine's clock it never comes early. While the stores
 * answer, it comes at most half a second after the read model shows it. The next look notices a clock that jumps.
 */
export class DeadlineClock extends LookLoop {
  readonly #options: DeadlineClockOptions;
  /** Due, and in the read model at the last look. */
  #due = new Map<string, Known>();
  #overdue: Deadline | undefined;
  #overdueCount = 0;
  #failed: Failed | undefined;

  constructor(options: DeadlineClockOptions) {
    super(LOOK_MS, options.runtime);
    this.#options = options;
  }

  /** What is overdue, in words, for a health check; empty while all is well. */
  troubles(): readonly string[] {
    const [failed, overdue] = [this.#failed, this.#overdue];
    if (failed) return [`the deadline ${wordsOf(failed.deadline)} cannot be told: ${describe(failed.error).code}`];
    if (overdue) return [`the deadline ${wordsOf(overdue)} was due at ${overdue.at}`];
    return this.lookTroubles(`the deadlines of ${this.#options.manager.name} cannot be looked at`);
  }

  /** `overdue`: deadlines that have been due, and were not told, for ten seconds or longer. */
  figures(): Figures {
    return { overdue: this.#overdueCount };
  }

  /** Reports all that are due now. After all others were told, it throws the first error of a deadline's rules. */
  protected async lookOnce(): Promise<void> {
    const { store, manager } = this.#options;
    const projection = deadlinesName(manager.name);
    const serving = servingOf(await store.generations(projection));
    const now = this.runtime.now();
    const isDue = ({ at }: Deadline): boolean => Date.parse(at) <= now;
    const sinceMs = this.runtime.monotonic();
    const seen = new Map<string, Known>();
    let overdue: Deadline | undefined;
    let overdueCount = 0;
    let failed: Failed | undefined;
    // While nothing is due, the first one is all that is read.
    for (let [after, limit]: [string | undefined, number] = [undefined, 1]; serving; limit = PAGE) {
      const page = await store.scan(projection, serving.number, projection, { limit, ...(after !== undefined && { after }) });
      const due = page.map(([, document]) => document as Deadline).filter(isDue);
      for (const { id } of due) seen.set(id, this.#due.get(id) ?? { sinceMs, isTold: false });
      const late = due.filter(({ id }) => (seen.get(id)?.sinceMs ?? sinceMs) < sinceMs - OVERDUE_MS);
      overdue ??= late[0];
      overdueCount += late.length;
      const failures = await Promise.all(due.map((deadline) => this.#tell(deadline, seen.get(deadline.id))));
      failed ??= failures.find((failure) => failure !== undefined);
      if (due.length < limit || this.stopped.aborted) break;
      after = due.at(-1)?.id;
    }
    this.#due = seen;
    this.#overdue = overdue;
    this.#overdueCount = overdueCount;
    this.#failed = failed;
    if (failed) throw failed.error;
  }

  /** Resolves with what an instance's rules say against it. Errors: outages. */
  async #tell(due: Deadline, known: Known | undefined): Promise<Failed | undefined> {
    if (!known || known.isTold) return undefined;
    const { key, deadline } = due;
    const { manager, executor } = this.#options;
    const stream = streamOf(manager.name, key);
    const commandId = commandIdFrom('due', deadline);
    try {
      const context = { commandId, correlationId: commandIdFrom(stream), signal: this.stopped };
      await ofCommand(executor.execute(manager.aggregate, key, { kind: 'reach', deadline }, context));
      known.isTold = true;
      return undefined;
    } catch (error) {
      if (isMainstemError(error, 'EVENT_STORE_ABORTED')) return undefined;
      if (isOutage(error)) throw error;
      return { deadline: due, error };
    }
  }
}

/** A deadline that is due. */
interface Known {
  /** When this clock first saw that it is, by the clock that never goes back. */
  readonly sinceMs: number;
  isTold: boolean;
}

interface Failed {
  readonly deadline: Deadline;
  readonly error: unknown;
}

const wordsOf = ({ name, process, key }: Deadline): string => `${name} of ${process} ${key}`;
