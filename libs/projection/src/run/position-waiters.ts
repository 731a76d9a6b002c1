// Readers that wait until a projection has reached a position.
import { OperationAborted, type Position, type Runtime } from '@mainstem/event-store';
import { ProjectionBehind, ProjectionPaused } from './errors.js';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface Waiter {
  readonly position: Position;
  readonly settle: () => void;
}

export class PositionWaiters {
  readonly #projection: string;
  readonly #runtime: Runtime;
  readonly #whyNot: () => string | undefined;
  readonly #waiters = new Set<Waiter>();
  #reached: Position | undefined;
  #isClosed = false;
  /** Why nothing more is reached until an operator lets it; undefined while it may be. */
  #paused: string | undefined;

  /** @param whyNot returns why the projection makes no progress; undefined while it does. */
  constructor(projection: string, runtime: Runtime, whyNot: () => string | undefined = () => undefined) {
    this.#projection = projection;
    this.#runtime = runtime;
    this.#whyNot = whyNot;
  }

  get isAny(): boolean {
    return this.#waiters.size > 0;
  }

  /** True if a reader waits for a position up to this one. */
  isAwaited(position: Position | undefined): boolean {
    if (position === undefined) return false;
    for (const waiter of this.#waiters) if (waiter.position <= position) return true;
    return false;
  }

  /**
   * Resolves when the position is reached. Errors: PROJECTION_BEHIND with the reason, after the timeout or if it cannot
   * be reached; PROJECTION_PAUSED at once; EVENT_STORE_ABORTED.
   */
  async wait(position: Position, { timeoutMs, signal }: WaitOptions): Promise<void> {
    if (this.#has(position)) return;
    const startMs = this.#runtime.monotonic();
    const over = new AbortController();
    const ended = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    const waiter: Waiter = { position, settle: () => over.abort() };
    this.#waiters.add(waiter);
    if (!this.#isClosed && this.#paused === undefined) await this.#runtime.sleep(timeoutMs, ended);
    this.#waiters.delete(waiter);
    if (this.#has(position)) return;
    if (signal?.aborted) throw new OperationAborted('waitFor', signal.reason);
    if (this.#paused !== undefined) throw new ProjectionPaused(this.#projection, position, this.#reached, this.#paused);
    throw new ProjectionBehind(this.#projection, position, this.#reached, Math.round(this.#runtime.monotonic() - startMs), this.#whyNot());
  }

  /** The serving read model is at this position now. */
  reach(position: Position | undefined): void {
    this.#reached = position;
    for (const waiter of this.#waiters) if (this.#has(waiter.position)) waiter.settle();
  }

  /** While there is a reason, every reader of a position that is not reached gets an error at once. */
  pause(reason: string | undefined): void {
    this.#paused = reason;
    if (reason !== undefined) for (const waiter of this.#waiters) waiter.settle();
  }

  /** Nothing more will be reached: every reader gets an error. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.settle();
  }

  #has(position: Position): boolean {
    return this.#reached !== undefined && this.#reached >= position;
  }
}
