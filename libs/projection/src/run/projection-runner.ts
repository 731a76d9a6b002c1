// Runs one projection: a thin loop around the state machine, which does what the state says and tells it what came of it.
import { Heartbeat, STEP_DEADLINE_MS, type Position } from '@mainstem/event-store';
import { WHOLE, type Partition } from '../read-store/partition.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { HeldLease } from '../read-store/lease.js';
import type { ReadStore } from '../read-store/read-store.js';
import { failedStep } from './failed-step.js';
import { reasonOf } from '../fold/failures.js';
import { GenerationOpener } from '../generations/generation-opener.js';
import { GenerationWork, LONG_STEP_MS } from './generation-work.js';
import { InstanceTurn, standBy } from './instance-turn.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import { PositionWaiters, type WaitOptions } from './position-waiters.js';
import { Progress } from './progress.js';
import { Promotion, type FillPhase } from '../generations/promotion.js';
import type { WatchedProjection } from './serving-watch.js';
import { initialProjectionState, next, whyNotOn, type Input, type ProjectionState, type StatePolicy, type Step } from './projection-state.js';
import type { ProjectionStatus } from './projection-status.js';
import { DEFAULT_RECOVERY } from '../definition/recovery-policy.js';
import type { ReplayResult } from '../write/replay-parked.js';
import type { RunnerOptions } from './runner-options.js';
import { SessionWatch } from '../generations/session-watch.js';
import { Standby } from './standby.js';
import type { Seat } from '../feed/shared-subscription.js';

/** After so many failures in a row another instance may try. */
const FAILURES_UNTIL_RELEASE = 3;

export class ProjectionRunner implements WatchedProjection {
  readonly partition: Partition;
  readonly #options: RunnerOptions;
  readonly #policy: StatePolicy;
  readonly #seat: Seat;
  readonly #abort = new AbortController();
  readonly #waiters: PositionWaiters;
  readonly #progress: Progress;
  readonly #heartbeat: Heartbeat;
  readonly #promotion: Promotion;
  readonly #sessionWatch = new SessionWatch();
  readonly #opener: GenerationOpener;
  readonly #turn: InstanceTurn;
  readonly #work: GenerationWork;
  readonly #standby: Standby;
  #state: ProjectionState = initialProjectionState;
  #open: OpenGeneration | undefined;
  #loop: Promise<void> | undefined;
  #isSuperseded = false;

  constructor(options: RunnerOptions) {
    const { hosted, reader, runtime, batchSizeMax, cacheBytesMax, crash, check, only, share, lease, observe, head } = options;
    const { projection, store } = hosted;
    const { signal } = this.#abort;
    const partition = options.partition ?? WHOLE;
    const { number, count } = partition;
    const seat = options.subscription.seat();
    const waiters = new PositionWaiters(projection.name, runtime, () => whyNotOn(this.#state));
    const progress = new Progress({ projection: projection.name, store: store.name, hasDensePositions: reader.hasDensePositions, runtime });
    const heartbeat = new Heartbeat(count > 1 ? `${projection.name}, part ${number}` : projection.name, runtime);
    const onPhase = (phase: FillPhase): void => {
      progress.filling(phase);
      only?.onPhase(phase);
    };
    const isOn = (): boolean => this.isStandby;
    const promotion = new Promotion({ hosted, check, head: () => reader.head(signal), runtime, crash, onPhase });
    const standby = new Standby({ projection: projection.name, partition: number, store, runtime, waiters, progress, head, isOn, signal });
    this.partition = partition;
    this.#options = options;
    this.#policy = { ...DEFAULT_RECOVERY, ...hosted.recovery, batchSizeMax };
    this.#seat = seat;
    this.#waiters = waiters;
    this.#progress = progress;
    this.#heartbeat = heartbeat;
    this.#promotion = promotion;
    this.#standby = standby;
    const onLongStep = (): void => heartbeat.busy('making the indexes of a generation', LONG_STEP_MS);
    this.#opener = new GenerationOpener({ hosted, reader, runtime, partition, cacheBytesMax, crash, only: only?.number, onLongStep, signal });
    this.#turn = new InstanceTurn({ hosted, partition, share, lease, runtime, onFree: () => standby.wake(), onOver: () => seat.wake() });
    this.#work = new GenerationWork({ hosted, reader, seat, waiters, progress, promotion, heartbeat, observe, runtime, crash, signal });
  }

  get name(): string {
    return this.#options.hosted.projection.name;
  }

  get store(): ReadStore {
    return this.#options.hosted.store;
  }

  /** Of the session that is open; undefined while none is. */
  get epoch(): number | undefined {
    return this.#open?.session.checkpoint.epoch;
  }

  /** Resolves when the loop has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#loop ?? Promise.resolve();
  }

  storeIsAway(reason: string): void {
    this.#progress.storeIsAway(reason);
  }

  observeHead(head: Position | undefined): void {
    this.#progress.observeHead(head);
  }

  get isStandby(): boolean {
    return this.#state.phase === 'standby';
  }

  observe(generations: readonly Generation[]): void {
    // While it still looks whether its own serves again.
    const isReplaced = this.#state.phase === 'stopped' && this.#state.step.kind !== 'end' && this.#opener.isReplaced(generations);
    this.#progress.observe(generations, isReplaced);
    if (isReplaced) this.#standby.see(generations);
    else if (this.isStandby) this.#standBy(generations);
    const open = this.#open;
    if (!open || !this.#sessionWatch.isOvertaken(open, generations, this.#options.only !== undefined)) return;
    this.#isSuperseded = true;
    this.#seat.wake();
  }

  get watchesLeases(): boolean {
    return this.isStandby || this.#turn.isShared;
  }

  observeLeases(leases: readonly HeldLease[]): void {
    this.#turn.observe(leases, this.isStandby);
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when the loop has ended and the session is closed. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#seat.wake();
    await this.#loop;
    this.#waiters.close();
  }

  status(): ProjectionStatus {
    const { owner } = this.#turn;
    return { ...this.#progress.status(this.#state, this.#options.head(), this.#heartbeat.silence()), ...(owner !== undefined && { owner }) };
  }

  async waitFor(position: Position, options: WaitOptions): Promise<void> {
    const waiting = this.#waiters.wait(position, options);
    // The checkpoint may lack nothing but the commit that is not due yet.
    if (this.#open?.isAheadOfCheckpoint) this.#seat.wake();
    this.#seat.hurry();
    void this.#standby.lookWhileAwaited();
    await waiting;
    await this.store.makeVisible?.([this.name]);
  }

  /** Done by the loop between two batches or, while it does not write, with a session of its own. */
  async replay(key: string | undefined): Promise<ReplayResult> {
    if (this.#loop === undefined || this.#state.step.kind === 'end' || this.isStandby) return this.#replayAlone(key);
    return this.#work.requestReplay(key);
  }

  async #run(): Promise<void> {
    try {
      while (this.#state.step.kind !== 'end') this.#enter(next(this.#state, await this.#perform(this.#state.step), this.#policy));
    } catch (error) {
      // Not a failure that the state machine knows about but a fault of the engine: it must be seen, too.
      this.#enter({ ...this.#state, phase: 'stopped', step: { kind: 'end' }, reason: reasonOf(error) });
    }
    this.#heartbeat.busy('closing the session');
    await this.#close();
    this.#heartbeat.idle();
    this.#waiters.close();
    this.#work.refuseReplays(this.#state.reason);
  }

  #enter(state: ProjectionState): void {
    const before = this.#state;
    this.#state = state;
    if (state.phase === 'retrying' && state.step.kind === 'wait') this.#options.observe?.retrying(this.name, this.store.name);
    if (state.phase === 'standby') void this.#standby.lookWhileAwaited();
    if (before.phase !== state.phase || before.reason !== state.reason) this.#options.onChange(this.status());
  }

  async #perform(step: Step): Promise<Input> {
    if (this.#abort.signal.aborted) return { kind: 'ended' };
    try {
      switch (step.kind) {
        case 'open':
          this.#heartbeat.busy('opening a generation');
          return await this.#reopen();
        case 'follow':
          return this.#turn.displaced() ?? (await this.#follow(this.#opened(), step.limit));
        case 'promote':
          return this.#turn.displaced() ?? (await this.#promote(this.#opened()));
        case 'wait':
          return await this.#wait(step.delayMs);
        case 'end':
          return { kind: 'ended' };
      }
    } catch (error) {
      return failedStep(error, this.#options, this.#open);
    }
  }

  async #reopen(): Promise<Input> {
    await this.#release();
    if (!(await this.#isMine())) return standBy();
    const open = await this.#opener.open();
    this.#open = open;
    this.#isSuperseded = false;
    this.#sessionWatch.begin();
    if (open.isFilling) this.#promotion.begin(open);
    this.#progress.opened(open);
    this.#work.tellWaiters(open);
    return { kind: 'opened', isFilling: open.isFilling };
  }

  /** Whether the lease is held; what is wrong with this instance it must tell even while another one does the work. */
  async #isMine(): Promise<boolean> {
    if (this.#turn.isOn) return true;
    const generations = await this.store.generations(this.name);
    this.#opener.assertCanOpen(generations);
    const isMine = await this.#turn.claim();
    if (!isMine) this.#standby.see(generations);
    return isMine;
  }

  #standBy(generations: readonly Generation[]): void {
    this.#standby.see(generations);
    // This one must tell that it has changed.
    if (this.#opener.isReplaced(generations)) this.#standby.wake();
  }

  /** Another instance may have the fix, or the network, that this one lacks. */
  #makesWay(): boolean {
    const { phase, failures } = this.#state;
    return phase === 'stopped' || phase === 'waiting' || (phase === 'retrying' && failures >= FAILURES_UNTIL_RELEASE);
  }

  async #follow(open: OpenGeneration, limit: number): Promise<Input> {
    if (this.#isSuperseded) return { kind: 'superseded' };
    const input = await this.#work.follow(open, limit, this.#state);
    // A rebuild is asked for by people, who wait for its end.
    if (this.#options.only && input.kind === 'cut' && input.failure.kind === 'newer')
      return { kind: 'failed', failure: { kind: 'fatal', reason: input.failure.reason }, random: 0 };
    return input;
  }

  async #promote(open: OpenGeneration): Promise<Input> {
    if (!(await this.#work.promote(open))) return { kind: 'postponed' };
    this.#opener.served();
    return { kind: 'promoted' };
  }

  async #wait(delayMs: number): Promise<Input> {
    this.#heartbeat.busy('the wait before another try', delayMs + STEP_DEADLINE_MS);
    await this.#release();
    this.#work.refuseReplays(this.#state.reason);
    await this.#turn.pause(this.#makesWay());
    await this.#standby.sleep(delayMs);
    return { kind: 'waited' };
  }

  async #replayAlone(key: string | undefined): Promise<ReplayResult> {
    const open = await this.#opener.openAside();
    try {
      return await this.#work.replay(open, key, this.#loop && this.#abort.signal);
    } finally {
      await open.session.close();
    }
  }

  #opened(): OpenGeneration {
    if (!this.#open) throw new TypeError('no generation is open');
    return this.#open;
  }

  async #release(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#seat.leave();
    await open?.session.close();
  }

  /** Leaves the checkpoint where the projection is, if the read store lets it; otherwise the next start does a little work again. */
  async #close(): Promise<void> {
    try {
      await this.#open?.saveCheckpoint();
      await this.#release();
    } catch (error) {
      this.#enter({ ...this.#state, reason: reasonOf(error) });
    }
    await this.#turn.end();
  }
}
