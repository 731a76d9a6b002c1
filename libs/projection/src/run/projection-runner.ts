// Runs one projection or part: a thin loop around the state machine, which acts on each state and reports the result.
import { STEP_DEADLINE_MS, type Position } from '@mainstem/event-store';
import { reasonOf } from '../fold/failures.js';
import type { ReplayResult } from '../write/replay-parked.js';
import { AmongInstances } from './among-instances.js';
import { CurrentGeneration } from './current-generation.js';
import type { WaitOptions } from './position-waiters.js';
import { Progress } from './progress.js';
import {
  initialProjectionState,
  next,
  statePolicyOf,
  whyNotOn,
  type Input,
  type ProjectionState,
  type StatePolicy,
  type Step,
} from './projection-state.js';
import type { ProjectionStatus } from './projection-status.js';
import type { RunnerOptions } from './runner-options.js';
import type { WatchedProjection } from './serving-watch.js';

export class ProjectionRunner {
  readonly #options: RunnerOptions;
  readonly #policy: StatePolicy;
  readonly #abort = new AbortController();
  readonly #progress: Progress;
  readonly #generation: CurrentGeneration;
  readonly #instances: AmongInstances;
  #state: ProjectionState = initialProjectionState;
  #loop: Promise<void> | undefined;

  constructor(options: RunnerOptions) {
    const { signal } = this.#abort;
    const progress = new Progress({ ...options, whyNot: () => whyNotOn(this.#state) });
    const generation = new CurrentGeneration(options, progress, signal);
    this.#options = options;
    this.#policy = statePolicyOf(options);
    this.#progress = progress;
    this.#generation = generation;
    this.#instances = new AmongInstances({ options, progress, generation, state: () => this.#state, signal });
  }

  get partition(): RunnerOptions['partition'] {
    return this.#options.partition;
  }

  /** Of the open session; undefined if there is none. */
  get epoch(): number | undefined {
    return this.#generation.epoch;
  }

  /** Resolves when the loop has ended, for any reason. */
  get ended(): Promise<void> {
    return this.#loop ?? Promise.resolve();
  }

  /** Receives what the read store shows. */
  get watched(): WatchedProjection {
    return this.#instances;
  }

  observeHead(head: Position | undefined): void {
    this.#progress.observeHead(head);
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when the loop has ended and the session is closed. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#generation.wake();
    await this.#loop;
    this.#progress.waiters.close();
  }

  status(): ProjectionStatus {
    const { owner } = this.#instances;
    return { ...this.#progress.status(this.#state, this.#options.head()), ...(owner !== undefined && { owner }) };
  }

  async waitFor(position: Position, options: WaitOptions): Promise<void> {
    const { projection, store } = this.#options.hosted;
    const waiting = this.#progress.waiters.wait(position, options);
    this.#generation.hurry();
    void this.#instances.lookWhileAwaited();
    await waiting;
    await store.makeVisible?.([projection.name]);
  }

  /** The loop does it between two batches; while the loop does not write, a separate session does. */
  async replay(key: string | undefined): Promise<ReplayResult> {
    const { phase, step } = this.#state;
    const isWriting = this.#loop !== undefined && step.kind !== 'end' && phase !== 'standby' && phase !== 'paused';
    return isWriting ? this.#generation.replay(key) : this.#generation.replayAside(key, this.#loop && this.#abort.signal);
  }

  async #run(): Promise<void> {
    try {
      while (this.#state.step.kind !== 'end') this.#enter(next(this.#state, await this.#perform(this.#state.step), this.#policy));
    } catch (error) {
      // Not a failure for the state machine but a fault of the engine: it must be visible, too.
      this.#enter({ ...this.#state, phase: 'stopped', step: { kind: 'end' }, reason: reasonOf(error) });
    }
    const { heartbeat, waiters } = this.#progress;
    heartbeat.busy('closing the session');
    await this.#close();
    heartbeat.idle();
    waiters.close();
    this.#generation.refuseReplays(this.#state.reason);
  }

  #enter(state: ProjectionState): void {
    const before = this.#state;
    const { hosted, observe, onChange } = this.#options;
    this.#state = state;
    if (state.phase === 'retrying' && state.step.kind === 'wait') observe?.retrying(hosted.projection.name, hosted.store.name);
    if (state.phase === 'paused' || before.phase === 'paused') this.#progress.waiters.pause(pausedReason(state));
    if (state.phase === 'standby') void this.#instances.lookWhileAwaited();
    if (before.phase !== state.phase || before.reason !== state.reason) onChange(this.status());
  }

  async #perform(step: Step): Promise<Input> {
    if (this.#abort.signal.aborted) return { kind: 'ended' };
    try {
      switch (step.kind) {
        case 'open':
          return await this.#open();
        case 'follow':
          return this.#instances.interrupted() ?? (await this.#generation.follow(step.limit, this.#state));
        case 'promote':
          return this.#instances.interrupted() ?? (await this.#generation.promote());
        case 'wait':
          return await this.#wait(step.delayMs);
        case 'end':
          return { kind: 'ended' };
      }
    } catch (error) {
      // What is cut off by the stop is no failure.
      return this.#abort.signal.aborted ? { kind: 'ended' } : await this.#generation.failed(error);
    }
  }

  async #open(): Promise<Input> {
    this.#progress.heartbeat.busy('opening a generation');
    await this.#generation.release();
    return (await this.#instances.takeTurn()) ?? (await this.#generation.open());
  }

  async #wait(delayMs: number): Promise<Input> {
    this.#progress.heartbeat.busy('the wait before another try', delayMs + STEP_DEADLINE_MS);
    await this.#generation.release();
    this.#generation.refuseReplays(this.#state.reason);
    await this.#instances.rest(delayMs);
    return { kind: 'waited' };
  }

  async #close(): Promise<void> {
    try {
      await this.#generation.close();
    } catch (error) {
      this.#enter({ ...this.#state, reason: reasonOf(error) });
    }
    await this.#instances.end();
  }
}

const pausedReason = ({ phase, reason = '' }: ProjectionState): string | undefined => (phase === 'paused' ? reason : undefined);
