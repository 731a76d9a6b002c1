// Tells instances that a deadline has come. It waits by looking: twice a second, at the first pending one alone.
import { commandIdFrom } from '@mainstem/aggregate/host';
import { isMainstemError, MainstemError, streamOf, systemRuntime, type Runtime } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import type { Companion, Figures } from '@mainstem/projection/reaction';
import { servingOf } from '@mainstem/projection/operate';
import type { ProcessManager } from '../manager/process-manager.js';
import { deadlinesName, type Deadline } from './deadlines.js';
import type { Executor } from './execution.js';

const LOOK_MS = 500;
/** Deadlines that are told at the same time. */
const PAGE = 500;
/** So late that something must be wrong. */
const OVERDUE_MS = 10_000;

export interface DeadlineClockOptions {
  readonly manager: ProcessManager;
  readonly executor: Executor;
  /** That has the read model of the deadlines. */
  readonly store: Pick<ReadStore, 'generations' | 'scan'>;
  readonly runtime?: Runtime;
}

/**
 * Several clocks may run: a deadline is reached once. By this machine's clock it never comes early. While the stores
 * answer, it comes at most half a second after the read model shows it. The next look notices a clock that jumps.
 */
export class DeadlineClock implements Companion {
  readonly #options: DeadlineClockOptions;
  readonly #runtime: Runtime;
  readonly #abort = new AbortController();
  /** Told, and still in the read model. */
  #told = new Set<string>();
  #overdue: Deadline | undefined;
  #overdueCount = 0;
  #trouble: unknown;
  #loop: Promise<void> | undefined;

  constructor(options: DeadlineClockOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? systemRuntime;
  }

  /** May be called again, but not after `stop`. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when the look that is under way has ended. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }

  /** What is overdue, in words, for a health check; empty while all is well. */
  troubles(): readonly string[] {
    const overdue = this.#overdue;
    if (overdue) return [`the deadline ${overdue.name} of ${overdue.process} ${overdue.key} was due at ${overdue.at}`];
    return this.#trouble === undefined ? [] : [`the deadlines of ${this.#options.manager.name} cannot be looked at: ${codeOf(this.#trouble)}`];
  }

  /** `overdue`: deadlines that should have been told ten seconds ago or earlier. */
  figures(): Figures {
    return { overdue: this.#overdueCount };
  }

  /** Reports all that are due now, for tests that turn the clock. Errors: those of the stores, and of the commands. */
  async look(): Promise<void> {
    const { store, manager } = this.#options;
    const projection = deadlinesName(manager.name);
    const serving = servingOf(await store.generations(projection));
    const now = this.#runtime.now();
    const isDue = ({ at }: Deadline): boolean => Date.parse(at) <= now;
    const seen = new Set<string>();
    let overdue: Deadline | undefined;
    let overdueCount = 0;
    // While nothing is due, the first one is all that is read.
    for (let [after, limit]: [string | undefined, number] = [undefined, 1]; serving; limit = PAGE) {
      const page = await store.scan(projection, serving.number, projection, { limit, ...(after !== undefined && { after }) });
      const due = page.map(([, document]) => document as Deadline).filter(isDue);
      for (const { id } of due) seen.add(id);
      const late = due.filter(({ at }) => Date.parse(at) < now - OVERDUE_MS);
      overdue ??= late[0];
      overdueCount += late.length;
      await Promise.all(due.filter(({ id }) => !this.#told.has(id)).map((deadline) => this.#tell(deadline)));
      if (due.length < limit || this.#abort.signal.aborted) break;
      after = due.at(-1)?.id;
    }
    this.#told = new Set([...this.#told].filter((id) => seen.has(id)));
    this.#overdue = overdue;
    this.#overdueCount = overdueCount;
    this.#trouble = undefined;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        this.#trouble = error;
      }
      await this.#runtime.sleep(LOOK_MS, signal);
    }
  }

  async #tell({ id, key, deadline }: Deadline): Promise<void> {
    const { manager, executor } = this.#options;
    const stream = streamOf(manager.name, key);
    const commandId = commandIdFrom('due', deadline);
    try {
      await executor.execute(
        manager.aggregate,
        key,
        { kind: 'reach', deadline },
        { commandId, correlationId: commandIdFrom(stream), signal: this.#abort.signal },
      );
    } catch (error) {
      if (isMainstemError(error, 'EVENT_STORE_ABORTED')) return;
      throw error;
    }
    this.#told.add(id);
  }
}

const codeOf = (error: unknown): string => (error instanceof MainstemError ? error.code : (error as Error).name);
