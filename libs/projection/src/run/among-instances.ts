// This instance among those that may run a projection: its turn, and what the read store shows of the others.
import type { Generation } from '../read-store/checkpoint.js';
import type { HeldLease } from '../read-store/lease.js';
import type { Note } from '../read-store/note.js';
import { pausedText, pauseIn, type Pause } from '../read-store/pause.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { CurrentGeneration } from './current-generation.js';
import { InstanceTurn, lookLater, type Displaced } from './instance-turn.js';
import type { Progress } from './progress.js';
import type { Input, ProjectionState } from './projection-state.js';
import type { RunnerOptions } from './runner-options.js';
import type { WatchedProjection } from './serving-watch.js';
import { Standby } from './standby.js';

/** After this many failures in a row another instance may try. */
const FAILURES_UNTIL_RELEASE = 3;

export interface AmongInstancesOptions {
  readonly options: RunnerOptions;
  readonly progress: Progress;
  readonly generation: CurrentGeneration;
  /** The present leases of the projection. */
  readonly state: () => ProjectionState;
  /** Fires when the projection is to stop. */
  readonly signal: AbortSignal;
}

export class AmongInstances implements WatchedProjection {
  readonly name: string;
  readonly store: ReadStore;
  readonly #progress: Progress;
  readonly #generation: CurrentGeneration;
  readonly #state: () => ProjectionState;
  readonly #turn: InstanceTurn;
  readonly #standby: Standby;
  readonly #isAsked: boolean;
  #paused: Pause | undefined;

  constructor({ options, progress, generation, state, signal }: AmongInstancesOptions) {
    const { projection, store } = options.hosted;
    const standby = new Standby({ ...options, progress, isStandby: () => this.#isStandby, signal });
    this.name = projection.name;
    this.store = store;
    this.#progress = progress;
    this.#generation = generation;
    this.#state = state;
    this.#standby = standby;
    this.#isAsked = options.only !== undefined;
    this.#turn = new InstanceTurn({ ...options, onFree: () => standby.wake(), onOver: () => generation.wake() });
  }

  /** The owner of the projection, as far as it is known here. */
  get owner(): string | undefined {
    return this.#turn.owner;
  }

  /**
   * Undefined: it is this instance's turn, and no pause holds. It must report its own faults even while another
   * instance does the work.
   * Errors: PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_CHANGED, those of the read store.
   */
  async takeTurn(): Promise<Interrupted | undefined> {
    const paused = await this.#pausedNow();
    if (paused) return paused;
    if (this.#turn.isMine) return undefined;
    const generations = await this.store.generations(this.name);
    this.#generation.assertCanOpen(generations);
    // A pause that was noted in between has seen no lease here, and told its operator that nothing writes.
    if (await this.#turn.claim()) return this.#pausedNow();
    this.#standby.see(generations);
    return lookLater();
  }

  /** Like `InstanceTurn.displaced`, and when an operator has paused the projection. */
  interrupted(): Interrupted | undefined {
    return this.#paused ? pausedBy(this.#paused) : this.#turn.displaced();
  }

  /** No session is open for this time, or until it may be this instance's turn. */
  async rest(delayMs: number): Promise<void> {
    await this.#turn.pause(makesWay(this.#state()));
    await this.#standby.sleep(delayMs);
  }

  /** Another instance can go on at once. Never fails. */
  async end(): Promise<void> {
    await this.#turn.end();
  }

  /** Like `Standby.lookWhileAwaited`. */
  async lookWhileAwaited(): Promise<void> {
    await this.#standby.lookWhileAwaited();
  }

  observe(generations: readonly Generation[]): void {
    const { phase, step } = this.#state();
    const isOfOthers = this.#generation.isReplaced(generations);
    // Until it has checked whether its own generation serves again.
    const isReplaced = phase === 'stopped' && step.kind !== 'end' && isOfOthers;
    this.#progress.observe(generations, isReplaced);
    if (isReplaced || this.#isStandby || phase === 'paused') this.#standby.see(generations);
    // This instance must report that its definition has changed.
    if (this.#isStandby && isOfOthers) this.#standby.wake();
    this.#generation.observe(generations);
  }

  storeIsAway(reason: string): void {
    this.#progress.storeIsAway(reason);
  }

  get watchesLeases(): boolean {
    return this.#isStandby || this.#turn.isShared;
  }

  observeLeases(leases: readonly HeldLease[]): void {
    this.#turn.observe(leases, this.#isStandby);
  }

  observeNotes(notes: readonly Note[]): void {
    // People ask for a rebuild or a rollback, also beside a pause.
    if (this.#isAsked) return;
    this.#paused = pauseIn(notes, this.name);
    const { phase } = this.#state();
    if (this.#paused) {
      if (phase !== 'paused') this.#generation.wake();
      // A standby tells its readers as well.
      if (phase === 'standby') this.#standby.wake();
    } else if (phase === 'paused') this.#standby.wake();
  }

  /** Asks the read store; then also shows readers what is there. */
  async #pausedNow(): Promise<Interrupted | undefined> {
    if (this.#isAsked) return undefined;
    this.#paused = pauseIn(await this.store.notes([this.name]), this.name);
    if (!this.#paused) return undefined;
    this.#standby.see(await this.store.generations(this.name));
    return pausedBy(this.#paused);
  }

  get #isStandby(): boolean {
    return this.#state().phase === 'standby';
  }
}

/** Why this instance does not write. */
export type Interrupted = Displaced | Extract<Input, { readonly kind: 'paused' }>;

const pausedBy = (pause: Pause): Interrupted => ({ kind: 'paused', reason: pausedText(pause) });

/** Another instance may have the fix, or the network, that this one lacks. */
const makesWay = ({ phase, failures }: ProjectionState): boolean =>
  phase === 'stopped' || phase === 'waiting' || phase === 'paused' || (phase === 'retrying' && failures >= FAILURES_UNTIL_RELEASE);
