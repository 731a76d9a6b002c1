// Opens the generation for a projection, and remembers whether its definition has served: that decides on rebuilds.
import type { EventReader, Runtime } from '@mainstem/event-store';
import type { Partition } from '../read-store/partition.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { CrashPoints } from './crash-points.js';
import { chooseGeneration } from './generation-choice.js';
import type { Hosted, RebuildPolicy } from '../definition/hosted-projection.js';
import { openGeneration, openGenerationNumber, type OpenGeneration } from './open-generation.js';
import { servingOf } from './generations-of.js';

export interface GenerationOpenerOptions {
  readonly hosted: Hosted;
  readonly reader: EventReader;
  readonly runtime: Runtime;
  readonly partition: Partition;
  readonly cacheBytesMax: number;
  readonly crash: CrashPoints | undefined;
  /** Only this generation. */
  readonly only: number | undefined;
  /** Like in `OpenSessionOptions`. */
  readonly onLongStep: () => void;
  readonly signal: AbortSignal;
}

export class GenerationOpener {
  readonly #options: GenerationOpenerOptions;
  /** This definition has served from here: if another one does later, an operator wanted that. */
  #hasServed = false;

  constructor(options: GenerationOpenerOptions) {
    this.#options = options;
  }

  /** Errors: those of `openGeneration` or `openGenerationNumber`. */
  async open(): Promise<OpenGeneration> {
    const { hosted, only, crash, signal, onLongStep } = this.#options;
    const options = { ...this.#shared, crash, signal, onLongStep, hasServed: this.#hasServed };
    const open = await (only === undefined
      ? openGeneration({ ...hosted, rebuild: this.#rebuild }, options)
      : openGenerationNumber(hosted, only, options));
    if (!open.isFilling) this.served();
    return open;
  }

  /** For work beside the loop: it creates no generation. Errors: those of `openGeneration`. */
  openAside(): Promise<OpenGeneration> {
    return openGeneration({ ...this.#options.hosted, rebuild: 'manual' }, this.#shared);
  }

  /** A generation of this definition serves. */
  served(): void {
    this.#hasServed = true;
  }

  /**
   * For an instance that opens none yet: it must report its own faults anyway. Errors: PROJECTION_FOREIGN_EVENT_STORE,
   * PROJECTION_CHANGED.
   */
  assertCanOpen(generations: readonly Generation[]): void {
    const { hosted, reader } = this.#options;
    const choice = chooseGeneration(generations, hosted.projection, reader.incarnation, this.#rebuild);
    if (choice.kind === 'open' && !choice.isFilling) this.served();
  }

  /** This definition has served, and another one does now: an operator wanted that. */
  isReplaced(generations: readonly Generation[]): boolean {
    const { fingerprint } = this.#options.hosted.projection;
    const serving = servingOf(generations);
    return this.#hasServed && serving !== undefined && serving.fingerprint !== fingerprint;
  }

  /** Otherwise two deployments with automatic rebuilds would promote against each other for ever. */
  get #rebuild(): RebuildPolicy {
    return this.#hasServed ? 'manual' : (this.#options.hosted.rebuild ?? 'manual');
  }

  get #shared(): Pick<GenerationOpenerOptions, 'reader' | 'runtime' | 'partition' | 'cacheBytesMax'> {
    const { reader, runtime, partition, cacheBytesMax } = this.#options;
    return { reader, runtime, partition, cacheBytesMax };
  }
}
