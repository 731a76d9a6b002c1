// Runs one projection: a thin loop around the state machine, which does what the state says and tells it what came of it.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Heartbeat, isMainstemError, OperationAborted, STEP_DEADLINE_MS, type EventReader, type Position, type Runtime } from '@mainstem/event-store';
import { checkpointIn, WHOLE, type Partition } from '../partition/partition.js';
import type { PartitionShare } from '../partition/partition-share.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { HeldLease } from '../read-store/lease.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { DigestCheck } from '../rebuild/digest-check.js';
import type { Batch, BatchWriter, Written } from './batch-writer.js';
import { CheckpointSchedule } from './checkpoint-schedule.js';
import type { CrashPoints } from './crash-points.js';
import { DocumentWriter } from './document-writer.js';
import { chooseGeneration } from './generation-choice.js';
import { failureOf, poisonFailure, reasonOf } from './failures.js';
import { HandlerWriter } from './handler-writer.js';
import type { HostedProjection, RebuildPolicy } from './hosted-projection.js';
import { LeaseKeeper, type LeaseOptions } from './lease-keeper.js';
import type { ProjectionObserver } from './projection-observer.js';
import { openGeneration, openGenerationNumber, type OpenGeneration, type OpenOptions } from './open-generation.js';
import { PositionWaiters, type WaitOptions } from './position-waiters.js';
import { Progress } from './progress.js';
import { Promotion, type FillPhase } from './promotion.js';
import type { WatchedProjection } from './serving-watch.js';
import { initialProjectionState, next, type Input, type ProjectionState, type StatePolicy, type Step } from './projection-state.js';
import type { ProjectionStatus } from './projection-status.js';
import { DEFAULT_RECOVERY } from './recovery-policy.js';
import { replayParked, type ReplayResult } from './replay-parked.js';
import { ReplayRequests } from './replay-requests.js';
import { Standby } from './standby.js';
import type { Seat, SharedSubscription } from './shared-subscription.js';

/** A promotion that came too late is tried again after the next event, or after so long. */
const NEWS_WAIT_MS = 100;
/** Steps that are long where the data is large: indexes, a check of the whole history, a replay of what was parked. */
const LONG_STEP_MS = 10 * 60_000;
/** A standby instance is woken as soon as the lease is seen to be free; this is how long it waits if nobody wakes it. */
const STANDBY_WAIT_MS = 2_000;
/** After so many failures in a row another instance may try. */
const FAILURES_UNTIL_RELEASE = 3;

export interface RunnerOptions {
  readonly hosted: HostedProjection;
  readonly reader: EventReader;
  readonly subscription: SharedSubscription;
  readonly runtime: Runtime;
  readonly batchSizeMax: number;
  /** For documents kept between batches. */
  readonly cacheBytesMax: number;
  readonly crash: CrashPoints | undefined;
  readonly check: DigestCheck;
  /** Work for one certain generation and end as soon as another instance writes it. Default: the one that this definition is to serve from. */
  readonly only?: OnlyGeneration;
  /** Which part of the projection; default all of it. */
  readonly partition?: Partition;
  /** Says which parts this instance is to run; for projections that are split. */
  readonly share?: PartitionShare | undefined;
  /** Run only while this lease is held. Default: run at once. */
  readonly lease?: LeaseOptions | undefined;
  /** End of the event store, as far as it is known. */
  readonly head: () => Position | undefined;
  /** Called when state or reason change. Must not throw. */
  readonly onChange: (status: ProjectionStatus) => void;
  readonly observe?: ProjectionObserver | undefined;
}

/** A generation that somebody asked to be filled, or brought up to date, and promoted. */
export interface OnlyGeneration {
  readonly number: number;
  /** Called as it proceeds. Must not throw. */
  readonly onPhase: (phase: FillPhase) => void;
}

export class ProjectionRunner implements WatchedProjection {
  readonly partition: Partition;
  readonly #options: RunnerOptions;
  readonly #writer: BatchWriter;
  readonly #policy: StatePolicy;
  readonly #seat: Seat;
  readonly #abort = new AbortController();
  readonly #waiters: PositionWaiters;
  readonly #progress: Progress;
  readonly #heartbeat: Heartbeat;
  readonly #promotion: Promotion;
  readonly #checkpoints: CheckpointSchedule;
  readonly #replays = new ReplayRequests();
  readonly #lease: LeaseKeeper | undefined;
  readonly #standby: Standby;
  #state: ProjectionState = initialProjectionState;
  #open: OpenGeneration | undefined;
  #loop: Promise<void> | undefined;
  /** This definition has served from here: if another one does later, somebody wanted that. */
  #hasServed = false;
  #isSuperseded = false;
  /** It is another instance's turn. */
  #yields = false;
  /** The checkpoint at the last look at the read store. */
  #committedWhenSeen: { readonly number: number; readonly position: Position | undefined } | undefined;

  constructor(options: RunnerOptions) {
    const { hosted, runtime, reader, batchSizeMax, crash, check, only, lease } = options;
    const { projection, store } = hosted;
    this.partition = options.partition ?? WHOLE;
    this.#options = options;
    this.#writer = projection.kind === 'document' ? new DocumentWriter(projection, crash) : new HandlerWriter(projection, crash);
    this.#policy = { ...DEFAULT_RECOVERY, ...hosted.recovery, batchSizeMax };
    this.#seat = options.subscription.seat();
    this.#waiters = new PositionWaiters(projection.name, runtime);
    this.#checkpoints = new CheckpointSchedule({ runtime, waiters: this.#waiters, wake: () => this.#seat.wake(), signal: this.#abort.signal });
    const { number, count } = this.partition;
    this.#heartbeat = new Heartbeat(count > 1 ? `${projection.name}, part ${number}` : projection.name, runtime);
    const progress = new Progress({ projection: projection.name, store: store.name, hasDensePositions: reader.hasDensePositions, runtime });
    this.#progress = progress;
    const onPhase = (phase: FillPhase): void => {
      progress.filling(phase);
      only?.onPhase(phase);
    };
    const head = (): Promise<Position | undefined> => reader.head(this.#abort.signal);
    this.#promotion = new Promotion({ hosted, check, head, runtime, crash, onPhase });
    const key = { projection: projection.name, fingerprint: projection.fingerprint, partition: this.partition.number };
    this.#lease = lease && new LeaseKeeper({ ...lease, store, key, runtime, onLost: () => this.#seat.wake() });
    const [signal, waiters, isOn] = [this.#abort.signal, this.#waiters, () => this.isStandby];
    this.#standby = new Standby({
      projection: projection.name,
      partition: number,
      store,
      runtime,
      waiters,
      progress,
      head: options.head,
      isOn,
      signal,
    });
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
    this.#progress.observe(generations);
    if (this.isStandby) this.#standBy(generations);
    const open = this.#open;
    if (!open || !this.#isOvertaken(open, generations)) return;
    this.#isSuperseded = true;
    this.#seat.wake();
  }

  get watchesLeases(): boolean {
    return this.isStandby || this.#options.share !== undefined;
  }

  observeLeases(leases: readonly HeldLease[]): void {
    const { share } = this.#options;
    const { number } = this.partition;
    share?.observe(leases);
    this.#lease?.observe(leases);
    if (this.isStandby) {
      const isFree = !leases.some((lease) => this.#lease?.isFor(lease));
      if (isFree && (share?.mayClaim(number) ?? true)) this.#standby.wake();
    } else if (share && !share.mayKeep(number)) {
      this.#yields = true;
      this.#seat.wake();
    }
  }

  /** Another generation serves, or the read store has lost what this session has written: the session is of no use any more. */
  #isOvertaken(open: OpenGeneration, generations: readonly Generation[]): boolean {
    const { generation: number } = open.session;
    const mine = generations.find((one) => one.number === number);
    const seen = this.#committedWhenSeen;
    this.#committedWhenSeen = { number, position: open.committed };
    if (!this.#options.only && !open.isFilling && generations.some((one) => one.state === 'serving' && one.number !== number)) return true;
    // Commits since the look began may be missing in it, but not those that the one before has followed.
    const wasThere = seen?.number === number;
    const position = mine && checkpointIn(mine, this.partition.number).position;
    const wentBack = wasThere && seen.position !== undefined && (position === undefined || position < seen.position);
    return wasThere && (!mine || mine.damage !== undefined || wentBack);
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
    const owner = this.#lease?.owner;
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
    const replayed = this.#replays.add(key);
    this.#seat.wake();
    return replayed;
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
    this.#refuseReplays();
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
          if (this.#isLost || this.#yields) return { kind: 'displaced', delayMs: this.#yields ? STANDBY_WAIT_MS : 0 };
          return await this.#follow(this.#opened(), step.limit);
        case 'promote':
          if (this.#isLost || this.#yields) return { kind: 'displaced', delayMs: this.#yields ? STANDBY_WAIT_MS : 0 };
          this.#heartbeat.busy('a step towards promotion', LONG_STEP_MS);
          return await this.#promote(this.#opened());
        case 'wait':
          this.#heartbeat.busy('the wait before another try', step.delayMs + STEP_DEADLINE_MS);
          await this.#release();
          this.#refuseReplays();
          if (this.#makesWay() || this.#yields) await this.#lease?.release();
          this.#yields = false;
          await this.#standby.sleep(step.delayMs);
          return { kind: 'waited' };
        case 'end':
          return { kind: 'ended' };
      }
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #failed(error: unknown): Promise<Input> {
    const { only, runtime } = this.#options;
    const isFenced = isMainstemError(error, 'READ_STORE_CHECKPOINT_MOVED');
    if (only && (isFenced || isMainstemError(error, 'READ_STORE_UNKNOWN_GENERATION'))) {
      return { kind: 'failed', failure: { kind: 'fatal', reason: reasonOf(error) }, random: 0 };
    }
    if (isFenced && (await this.#servesElsewhere())) return { kind: 'superseded' };
    return { kind: 'failed', failure: failureOf(error, this.name), random: runtime.random() };
  }

  /** Fenced by a promotion, not by a rival: then there is nobody to make way for. */
  async #servesElsewhere(): Promise<boolean> {
    const open = this.#open;
    if (!open || open.isFilling) return false;
    try {
      const generations = await this.store.generations(this.name);
      return generations.some(({ state, number }) => state === 'serving' && number !== open.session.generation);
    } catch {
      return false; // opening the generation again will tell
    }
  }

  async #reopen(): Promise<Input> {
    await this.#release();
    if (!(await this.#isMine())) return { kind: 'displaced', delayMs: STANDBY_WAIT_MS };
    const { reader, cacheBytesMax, crash } = this.#options;
    const { signal } = this.#abort;
    const open = await this.#openGeneration({ reader, cacheBytesMax, crash, signal, hasServed: this.#hasServed, ...this.#part });
    this.#open = open;
    this.#isSuperseded = false;
    this.#committedWhenSeen = undefined;
    if (open.isFilling) this.#promotion.begin(open);
    else this.#hasServed = true;
    this.#progress.opened(open);
    this.#tellWaiters(open);
    return { kind: 'opened', isFilling: open.isFilling };
  }

  get #part(): Pick<OpenOptions, 'partition' | 'runtime'> {
    return { partition: this.partition, runtime: this.#options.runtime };
  }

  #openGeneration(options: OpenOptions): Promise<OpenGeneration> {
    const { hosted, only } = this.#options;
    if (only) return openGenerationNumber(hosted, only.number, options);
    return openGeneration({ ...hosted, rebuild: this.#rebuild }, options);
  }

  /** Two deployments that both rebuild by themselves would otherwise promote against each other for ever. */
  get #rebuild(): RebuildPolicy {
    return this.#hasServed ? 'manual' : (this.#options.hosted.rebuild ?? 'manual');
  }

  /** Whatever is written with the session from now on would be refused, as soon as another instance has opened one. */
  get #isLost(): boolean {
    return this.#lease?.isHeld === false;
  }

  /** Whether the lease is held; what is wrong with this instance it must tell even while another one does the work. */
  async #isMine(): Promise<boolean> {
    const { hosted, reader } = this.#options;
    if (!this.#lease || this.#lease.isHeld) return true;
    const generations = await this.store.generations(this.name);
    const choice = chooseGeneration(generations, hosted.projection, reader.incarnation, this.#rebuild);
    if (choice.kind === 'open' && !choice.isFilling) this.#hasServed = true;
    const isMine = (this.#options.share?.mayClaim(this.partition.number) ?? true) && (await this.#lease.claim());
    if (!isMine) this.#standby.see(generations);
    return isMine;
  }

  #standBy(generations: readonly Generation[]): void {
    this.#standby.see(generations);
    const { fingerprint } = this.#options.hosted.projection;
    // Somebody wanted another definition to serve: this one must tell that it has changed.
    if (this.#hasServed && generations.some((one) => one.state === 'serving' && one.fingerprint !== fingerprint)) this.#standby.wake();
  }

  /** Another instance may have the fix, or the network, that this one lacks. */
  #makesWay(): boolean {
    const { phase, failures } = this.#state;
    return phase === 'stopped' || (phase === 'retrying' && failures >= FAILURES_UNTIL_RELEASE);
  }

  async #follow(open: OpenGeneration, limit: number): Promise<Input> {
    if (this.#isSuperseded) return { kind: 'superseded' };
    this.#heartbeat.busy('a replay of parked events', this.#replays.isAny ? LONG_STEP_MS : STEP_DEADLINE_MS);
    await this.#replays.serve((key) => this.#replayRequested(open, key));
    this.#heartbeat.busy('writing the checkpoint');
    open.assertParkedKeysBounded();
    if (this.#checkpoints.isDue(open)) await this.#saveCheckpoint(open);
    // Also after a wake that came too early: a timer may, and a commit in between puts the end of the interval off.
    else this.#checkpoints.schedule(open);
    const awaitsNews = open.isFilling && this.#promotion.awaitsNews;
    if (awaitsNews) this.#wakeAfter(NEWS_WAIT_MS);
    this.#heartbeat.idle();
    const delivery = await this.#seat.next(open.position, { limit, isCaughtUp: this.#state.phase === 'live' || awaitsNews });
    if (!delivery) return awaitsNews ? { kind: 'advanced', position: open.position, isCaughtUp: true } : { kind: 'woken' };
    const { events, position } = delivery;
    const isCaughtUp = delivery.isCaughtUp || (open.isFilling && this.#promotion.isLevel(position));
    this.#heartbeat.busy('writing a batch');
    const { eventsApplied, isCommitted, poison } = await this.#write(open, delivery);
    if (isCommitted) this.#committed(open);
    else this.#checkpoints.schedule(open);
    if (open.isFilling) await this.#promotion.written();
    this.#progress.advanced(open, eventsApplied, events.at(-1), isCaughtUp && !poison);
    // Others want to run, too: HTTP, and the other projections.
    await nextTurn();
    if (!poison) return { kind: 'advanced', position, isCaughtUp };
    return { kind: 'cut', position: open.position, poison: poisonFailure(poison, this.name), random: this.#options.runtime.random() };
  }

  #write(open: OpenGeneration, batch: Batch): Promise<Written> {
    const options = {
      condemned: this.#state.condemned,
      nowMs: this.#options.runtime.now(),
      isCheckpointDue: this.#checkpoints.isDueAt(batch.position),
    };
    const { observe } = this.#options;
    if (!observe || batch.events.length === 0) return this.#writer.write(open, batch, options);
    const ended = observe.writing({ projection: this.name, store: this.store.name, events: batch.events });
    return observed(this.#writer.write(open, batch, options), ended);
  }

  async #promote(open: OpenGeneration): Promise<Input> {
    if (!(await this.#promotion.step(open, this.#abort.signal))) return { kind: 'postponed' };
    open.promoted();
    this.#hasServed = true;
    this.#committed(open);
    return { kind: 'promoted' };
  }

  async #replayRequested(open: OpenGeneration, key: string | undefined): Promise<ReplayResult> {
    const result = await this.#replay(open, key);
    this.#committed(open);
    this.#progress.opened(open);
    return result;
  }

  /** Nobody is left waiting while the projection cannot work. */
  #refuseReplays(): void {
    const { reason } = this.#state;
    this.#replays.refuse(() => new OperationAborted(`replayParked of ${this.name}, because the projection is not running`, reason));
  }

  async #replayAlone(key: string | undefined): Promise<ReplayResult> {
    const { hosted, reader, cacheBytesMax } = this.#options;
    const open = await openGeneration({ ...hosted, rebuild: 'manual' }, { reader, cacheBytesMax, ...this.#part });
    try {
      return await this.#replay(open, key);
    } finally {
      await open.session.close();
    }
  }

  #replay(open: OpenGeneration, key: string | undefined): Promise<ReplayResult> {
    const { reader, runtime } = this.#options;
    return replayParked(this.#writer, open, { reader, key, nowMs: runtime.now(), signal: this.#loop && this.#abort.signal });
  }

  async #saveCheckpoint(open: OpenGeneration): Promise<void> {
    await open.saveCheckpoint();
    this.#committed(open);
  }

  #committed(open: OpenGeneration): void {
    this.#checkpoints.committed();
    this.#tellWaiters(open);
  }

  #tellWaiters(open: OpenGeneration): void {
    this.#waiters.reach(open.visible);
  }

  #wakeAfter(delayMs: number): void {
    void this.#options.runtime.sleep(delayMs, this.#abort.signal).then(() => this.#seat.wake());
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
    await this.#lease?.release();
  }
}

/** Tells how a batch ended; the outcome stays what it is. */
const observed = async (written: Promise<Written>, ended: ReturnType<ProjectionObserver['writing']>): Promise<Written> => {
  try {
    const result = await written;
    ended(result);
    return result;
  } catch (error) {
    ended({ eventsApplied: 0, isCommitted: false, error });
    throw error;
  }
};
