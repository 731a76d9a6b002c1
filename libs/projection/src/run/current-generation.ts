// The generation that a projection, or a part, writes in this process, as long as its session is open.
import type { FeedReader } from '../feed/shared-subscription.js';
import { GenerationOpener } from '../generations/generation-opener.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import { Promotion, type FillPhase } from '../generations/promotion.js';
import { SessionWatch } from '../generations/session-watch.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { ReplayResult } from '../write/replay-parked.js';
import { failedStep } from './failed-step.js';
import { GenerationWork, LONG_STEP_MS } from './generation-work.js';
import type { Progress } from './progress.js';
import type { Input, ProjectionState } from './projection-state.js';
import type { RunnerOptions } from './runner-options.js';

export class CurrentGeneration {
  readonly #options: RunnerOptions;
  readonly #progress: Progress;
  readonly #feedReader: FeedReader;
  readonly #opener: GenerationOpener;
  readonly #promotion: Promotion;
  readonly #work: GenerationWork;
  readonly #watch = new SessionWatch();
  #open: OpenGeneration | undefined;
  #isOvertaken = false;

  /** @param signal fires when the projection is to stop. */
  constructor(options: RunnerOptions, progress: Progress, signal: AbortSignal) {
    const { hosted, reader, check, runtime, crash, only, subscription } = options;
    const onPhase = (phase: FillPhase): void => {
      progress.filling(phase);
      only?.onPhase(phase);
    };
    const onLongStep = (): void => progress.heartbeat.busy('making the indexes of a generation', LONG_STEP_MS);
    const feedReader = subscription.join();
    const promotion = new Promotion({ hosted, check, head: () => reader.head(signal), runtime, crash, onPhase });
    this.#options = options;
    this.#progress = progress;
    this.#feedReader = feedReader;
    this.#opener = new GenerationOpener({ ...options, only: only?.number, onLongStep, signal });
    this.#promotion = promotion;
    this.#work = new GenerationWork({ ...options, feedReader, progress, promotion, signal });
  }

  /** Of the open session; undefined if there is none. */
  get epoch(): number | undefined {
    return this.#open?.session.checkpoint.epoch;
  }

  /** Errors: those of `GenerationOpener.open`. */
  async open(): Promise<Input> {
    const open = await this.#opener.open();
    this.#open = open;
    this.#isOvertaken = false;
    this.#watch.begin();
    if (open.isFilling) this.#promotion.begin(open);
    this.#progress.opened(open);
    this.#work.tellWaiters(open);
    return { kind: 'opened', isFilling: open.isFilling };
  }

  /** Errors: those of `GenerationOpener.assertCanOpen`. */
  assertCanOpen(generations: readonly Generation[]): void {
    this.#opener.assertCanOpen(generations);
  }

  isReplaced(generations: readonly Generation[]): boolean {
    return this.#opener.isReplaced(generations);
  }

  /** All generations of the projection, as just seen: the open one may be useless now. */
  observe(generations: readonly Generation[]): void {
    const isFixed = this.#options.only !== undefined;
    if (!this.#open || !this.#watch.isOvertaken(this.#open, generations, isFixed)) return;
    this.#isOvertaken = true;
    this.#feedReader.wake();
  }

  /** The loop checks at once whether there is other work than waiting for events. */
  wake(): void {
    this.#feedReader.wake();
  }

  /** A reader waits for a position. */
  hurry(): void {
    // The checkpoint may lack only a commit that is not due yet.
    if (this.#open?.isAheadOfCheckpoint) this.#feedReader.wake();
    this.#feedReader.hurry();
  }

  /** Writes the next batch of at most `limit` events. Errors: those of `GenerationWork.follow`. */
  async follow(limit: number, state: ProjectionState): Promise<Input> {
    if (this.#isOvertaken) return { kind: 'superseded' };
    const input = await this.#work.follow(this.#opened(), limit, state);
    // People ask for a rebuild, and wait for its end.
    if (this.#options.only && input.kind === 'cut' && input.failure.kind === 'newer')
      return { kind: 'failed', failure: { kind: 'fatal', reason: input.failure.reason }, random: 0 };
    return input;
  }

  /** Errors: those of `GenerationWork.promote`. */
  async promote(): Promise<Input> {
    if (!(await this.#work.promote(this.#opened()))) return { kind: 'postponed' };
    this.#opener.served();
    return { kind: 'promoted' };
  }

  /** What a failed step means. Errors: none. */
  failed(error: unknown): Promise<Input> {
    return failedStep(error, this.#options, this.#open);
  }

  /** The loop does it between two batches. Errors: those of `replayParked`. */
  replay(key: string | undefined): Promise<ReplayResult> {
    return this.#work.requestReplay(key);
  }

  /** Done with a separate session while the loop does not write. Errors: those of `replayParked`. */
  async replayAside(key: string | undefined, signal: AbortSignal | undefined): Promise<ReplayResult> {
    const open = await this.#opener.openAside();
    try {
      return await this.#work.replay(open, key, signal);
    } finally {
      await open.session.close();
    }
  }

  /** Rejects all waiting replays while the projection cannot work, with the reason if there is one. */
  refuseReplays(reason: string | undefined): void {
    this.#work.refuseReplays(reason);
  }

  /** Gives the session up. */
  async release(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#feedReader.leave();
    await open?.session.close();
  }

  /** Writes the reached position if the read store allows it; otherwise the next start repeats a little work. */
  async close(): Promise<void> {
    await this.#open?.saveCheckpoint();
    await this.release();
  }

  #opened(): OpenGeneration {
    if (!this.#open) throw new TypeError('no generation is open');
    return this.#open;
  }
}
