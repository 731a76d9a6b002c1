// The way of a filled generation to serving: indexes → catch up → check → catch up → promote.
import { isMainstemError, isPositionBefore, type Position, type Runtime } from '@mainstem/event-store';
import type { Generation } from '../read-store/checkpoint.js';
import type { DigestCheck, DigestClaim } from './digest-check.js';
import type { CrashPoint, CrashPoints } from './crash-points.js';
import type { Hosted } from '../definition/hosted-projection.js';
import type { OpenGeneration } from './open-generation.js';
import { generationOf, servingOf } from './generations-of.js';

/** Where a generation is on its way. */
export type FillPhase = 'fill' | 'index' | 'catch-up' | 'verify' | 'promote' | 'serving';

/** How often a promotion may lose the race against the writer of the old generation in a row. */
const RACES_MAX = 1_000;
/** After so many its writer is held off where the store can do that: each race keeps readers waiting, and a busy writer may win all of them. */
const RACES_UNTIL_FENCED = 2;
/** After so many the event store is asked whether the old generation is ahead of all events: a member of a cluster that lags would have caught up. */
const RACES_UNTIL_AHEAD = 30;
/** How often a long check gives a sign of life. */
const CONFIRM_INTERVAL_MS = 1_000;

export interface PromotionOptions {
  readonly hosted: Hosted;
  readonly check: DigestCheck;
  /** End of the event store, asked now. */
  readonly head: () => Promise<Position | undefined>;
  readonly runtime: Runtime;
  readonly crash: CrashPoints | undefined;
  readonly onPhase: ((phase: FillPhase) => void) | undefined;
}

/** One projection's. It is asked again and again, each time that the generation has caught up. */
export class Promotion {
  readonly #options: PromotionOptions;
  readonly #projection: Hosted['projection'];
  #open: OpenGeneration | undefined;
  #next: 'index' | 'verify' | 'promote' = 'index';
  #races = 0;
  #awaitsNews = false;
  /** Where this part was when it began to wait for the others: they come there, however many events follow meanwhile. */
  #levelAt: { readonly position: Position | undefined } | undefined;
  /** Where the old generation was when the last promotion came too late. */
  #missed: Position | undefined;

  constructor(options: PromotionOptions) {
    this.#options = options;
    this.#projection = options.hosted.projection;
  }

  /** A generation was opened that does not serve yet. */
  begin(open: OpenGeneration): void {
    this.#open = open;
    // One that has served before has its indexes; but what it has applied may be gone from the event store since.
    this.#next = open.wasPromoted ? 'verify' : 'index';
    this.#races = 0;
    this.#awaitsNews = false;
    this.#levelAt = undefined;
    this.#options.onPhase?.(open.wasPromoted ? 'catch-up' : 'fill');
  }

  /** The last promotion came too late: there are events that it has not seen yet, although it had caught up with what was read. */
  get awaitsNews(): boolean {
    return this.#awaitsNews;
  }

  /**
   * After a promotion that came too late: whether it has what it lacked then. There is no better moment for the next one, although there may be
   * later events already.
   */
  isLevel(position: Position | undefined): boolean {
    return this.#awaitsNews && this.#missed !== undefined && !isPositionBefore(position, this.#missed);
  }

  /** A batch was written to it. */
  async written(): Promise<void> {
    if (this.#next === 'index') await this.#reach('fill');
  }

  /**
   * Takes the next step; true once the generation serves. After any other step events have passed meanwhile: they have to be applied before
   * the next call. Errors: REBUILD_NOT_VERIFIED, and those of the stores.
   */
  async step(open: OpenGeneration, signal: AbortSignal): Promise<boolean> {
    if (open !== this.#open) this.begin(open);
    await open.saveCheckpoint();
    this.#awaitsNews = false;
    // Part 0 leads the others to it: it checks them all, and promotes.
    if (open.partition.number > 0) return this.#awaitPromotion(open);
    switch (this.#next) {
      case 'index':
        await this.#index(open);
        return this.#catchUp('verify');
      case 'verify':
        if (!(await this.#verify(open, signal))) return false;
        return this.#catchUp('promote');
      case 'promote':
        return this.#promote(open);
    }
  }

  async #catchUp(next: 'verify' | 'promote'): Promise<false> {
    this.#next = next;
    this.#levelAt = undefined;
    this.#options.onPhase?.('catch-up');
    await this.#reach('catch-up');
    return false;
  }

  async #index(open: OpenGeneration): Promise<void> {
    this.#options.onPhase?.('index');
    await this.#reach('index');
    await open.session.finishBulk();
    await this.#reach('index');
  }

  /** Of a part that does not lead. */
  async #awaitPromotion(open: OpenGeneration): Promise<boolean> {
    const isServing = (await this.#described(open))?.state === 'serving';
    this.#awaitsNews = !isServing;
    this.#options.onPhase?.(isServing ? 'serving' : 'catch-up');
    return isServing;
  }

  async #described({ session }: OpenGeneration): Promise<Generation | undefined> {
    const generations = await this.#options.hosted.store.generations(this.#projection.name);
    return generationOf(generations, session.generation);
  }

  /** What all parts claim to have applied; undefined while one of them is not where this one was when it began to ask. */
  async #claims(open: OpenGeneration): Promise<readonly DigestClaim[] | undefined> {
    const own = { projection: this.#projection, generation: open.session.generation, position: open.position, digest: open.digest };
    if (open.partition.count === 1) return [own];
    this.#levelAt ??= { position: open.position };
    const { position: level } = this.#levelAt;
    const others = (await this.#described(open))?.partitions?.slice(1) ?? [];
    const isComplete = others.length === open.partition.count - 1;
    if (!isComplete || others.some(({ position }) => isPositionBefore(position, level))) return undefined;
    return [own, ...others.map(({ position, digest }) => ({ ...own, position, digest }))];
  }

  /** False if it is too early: a part is behind. */
  async #verify(open: OpenGeneration, signal: AbortSignal): Promise<boolean> {
    const { hosted, check } = this.#options;
    const claims = await this.#claims(open);
    this.#awaitsNews = claims === undefined;
    if (!claims) return false;
    this.#options.onPhase?.('verify');
    await this.#reach('verify');
    const verified = new AbortController();
    const checking = Promise.all(claims.map((claim) => check.verify(claim, signal))).finally(() => verified.abort());
    try {
      await Promise.all([checking, this.#confirm(open, verified.signal)]);
    } catch (error) {
      // Not even worth to be resumed.
      if (isMainstemError(error, 'REBUILD_NOT_VERIFIED')) await hosted.store.dropGeneration(this.#projection.name, open.session.generation);
      throw error;
    }
    await this.#reach('verify');
    return true;
  }

  async #confirm(open: OpenGeneration, isOver: AbortSignal): Promise<void> {
    for (;;) {
      await this.#options.runtime.sleep(CONFIRM_INTERVAL_MS, isOver);
      if (isOver.aborted) return;
      await open.confirm();
    }
  }

  async #promote(open: OpenGeneration): Promise<boolean> {
    const { hosted } = this.#options;
    // A part that is behind is waited for: that is no race, and nobody's writer is to be fenced off for it.
    this.#awaitsNews = (await this.#claims(open)) === undefined;
    if (this.#awaitsNews) return false;
    if (this.#races === 0) this.#options.onPhase?.('promote');
    await this.#reach('before-promote', 'promote');
    try {
      const options = { isForced: await this.#isServingAhead(), fencesWriter: this.#races >= RACES_UNTIL_FENCED };
      await hosted.store.promote(this.#projection.name, open.session.generation, options);
    } catch (error) {
      // The writer of the old generation was faster with the last event, and may be again.
      if (!isMainstemError(error, 'READ_STORE_GENERATION_BEHIND') || ++this.#races > RACES_MAX) throw error;
      this.#awaitsNews = true;
      this.#missed = (error as { readonly expected?: Position }).expected;
      return false;
    }
    await this.#reach('after-promote', 'promote');
    this.#options.onPhase?.('serving');
    return true;
  }

  /** The event store was restored to an earlier state: what serves tells of events that never were, and no event will ever bring it level. */
  async #isServingAhead(): Promise<boolean> {
    if (this.#races < RACES_UNTIL_AHEAD) return false;
    const { hosted, head } = this.#options;
    const generations = await hosted.store.generations(this.#projection.name);
    const serving = servingOf(generations)?.checkpoint.position;
    // Asked after the checkpoint: an event that it has passed is there by now, if it is there at all.
    const end = await head();
    return isPositionBefore(end, serving);
  }

  async #reach(...points: readonly CrashPoint[]): Promise<void> {
    const { crash } = this.#options;
    if (crash) for (const point of points) await crash.reach(point, this.#projection.name);
  }
}
