// The steps from a filled generation to a serving one: indexes → catch up → check → catch up → promote.
import { isMainstemError, isPositionBefore, type Position, type Runtime } from '@mainstem/event-store';
import type { Generation } from '../read-store/checkpoint.js';
import type { DigestCheck, DigestClaim } from './digest-check.js';
import type { CrashPoint, CrashPoints } from './crash-points.js';
import type { Hosted } from '../definition/hosted-projection.js';
import type { OpenGeneration } from './open-generation.js';
import { generationOf, servingOf } from './generations-of.js';

/** The step of a generation on its way. */
export type FillPhase = 'fill' | 'index' | 'catch-up' | 'verify' | 'promote' | 'serving';

/** How often in a row a promotion may lose the race against the writer of the old generation. */
const RACES_MAX = 1_000;
/** After this many races the old writer is fenced off, if the store can: otherwise a busy writer may win for ever. */
const RACES_UNTIL_FENCED = 2;
/**
 * After this many races the event store is asked whether the old generation is ahead of all events: a lagging cluster
 * member would have caught up.
 */
const RACES_UNTIL_AHEAD = 30;
/** The interval of signs of life during a long check. */
const CONFIRM_INTERVAL_MS = 1_000;

export interface PromotionOptions {
  readonly hosted: Hosted;
  readonly check: DigestCheck;
  /** The present end of the event store. */
  readonly head: () => Promise<Position | undefined>;
  readonly runtime: Runtime;
  readonly crash: CrashPoints | undefined;
  readonly onPhase: ((phase: FillPhase) => void) | undefined;
}

/** For one projection. It is asked again each time the generation has caught up. */
export class Promotion {
  readonly #options: PromotionOptions;
  readonly #projection: Hosted['projection'];
  #open: OpenGeneration | undefined;
  #next: 'index' | 'verify' | 'promote' = 'index';
  #races = 0;
  #awaitsNews = false;
  /** Where this part was when it began to wait for the others: they reach that place, whatever comes meanwhile. */
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
    // A generation that has served has its indexes; but the event store may have lost events that it has applied.
    this.#next = open.wasPromoted ? 'verify' : 'index';
    this.#races = 0;
    this.#awaitsNews = false;
    this.#levelAt = undefined;
    this.#options.onPhase?.(open.wasPromoted ? 'catch-up' : 'fill');
  }

  /** The last promotion came too late: there are unread events, although the generation had caught up. */
  get awaitsNews(): boolean {
    return this.#awaitsNews;
  }

  /**
   * After a promotion that came too late: true once the generation has what it lacked then. This is the best moment for
   * the next try, even if there are later events.
   */
  isLevel(position: Position | undefined): boolean {
    return this.#awaitsNews && this.#missed !== undefined && !isPositionBefore(position, this.#missed);
  }

  /** A batch was written to it. */
  async written(): Promise<void> {
    if (this.#next === 'index') await this.#reach('fill');
  }

  /**
   * Takes the next step; true once the generation serves. Other steps let events pass: apply those before the next
   * call. Errors: REBUILD_NOT_VERIFIED, and those of the stores.
   */
  async step(open: OpenGeneration, signal: AbortSignal): Promise<boolean> {
    if (open !== this.#open) this.begin(open);
    await open.saveCheckpoint();
    this.#awaitsNews = false;
    // Part 0 leads: it checks all parts, and promotes.
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

  /** For a part that does not lead. */
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

  /** The applied events of all parts; undefined until each is where this one was when it began to ask. */
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
      // Not even worth resuming.
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
    // Waiting for a part that is behind is no race: no writer must be fenced off for it.
    this.#awaitsNews = (await this.#claims(open)) === undefined;
    if (this.#awaitsNews) return false;
    if (this.#races === 0) this.#options.onPhase?.('promote');
    await this.#reach('before-promote', 'promote');
    try {
      const options = { isForced: await this.#isServingAhead(), fencesWriter: this.#races >= RACES_UNTIL_FENCED };
      await hosted.store.promote(this.#projection.name, open.session.generation, options);
    } catch (error) {
      // The old generation's writer was faster with the last event, and may be again.
      if (!isMainstemError(error, 'READ_STORE_GENERATION_BEHIND') || ++this.#races > RACES_MAX) throw error;
      this.#awaitsNews = true;
      this.#missed = (error as { readonly expected?: Position }).expected;
      return false;
    }
    await this.#reach('after-promote', 'promote');
    this.#options.onPhase?.('serving');
    return true;
  }

  /** After a restore of the event store, the serving generation has lost events: no new event can make it level. */
  async #isServingAhead(): Promise<boolean> {
    if (this.#races < RACES_UNTIL_AHEAD) return false;
    const { hosted, head } = this.#options;
    const generations = await hosted.store.generations(this.#projection.name);
    const serving = servingOf(generations)?.checkpoint.position;
    // Asked after the checkpoint: an event that it has passed is there by now, if it exists at all.
    const end = await head();
    return isPositionBefore(end, serving);
  }

  async #reach(...points: readonly CrashPoint[]): Promise<void> {
    const { crash } = this.#options;
    if (crash) for (const point of points) await crash.reach(point, this.#projection.name);
  }
}
