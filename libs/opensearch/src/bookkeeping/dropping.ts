// Deletes generations. The control document records the decision first, so that no promotion can choose them.
import { CheckpointMoved, GenerationServes, ReadStoreUnavailable, UnknownGeneration } from '@mainstem/projection/adapter';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import { RACES_MAX } from '../write/take-over.js';
import type { GenerationRecords, StoredGeneration } from './generation-records.js';
import { isDropped, type Control, type Serving } from './serving.js';

export class Dropping {
  constructor(
    private readonly connection: OpenSearchConnection,
    private readonly generations: GenerationRecords,
    private readonly serving: Serving,
  ) {}

  /**
   * Drops one generation, unless an earlier promotion has chosen it; later promotions refuse it. Errors:
   * READ_STORE_UNKNOWN_GENERATION, READ_STORE_GENERATION_SERVES, READ_STORE_CHECKPOINT_MOVED after too many races,
   * READ_STORE_UNAVAILABLE.
   */
  async drop(projection: string, generation: number): Promise<void> {
    for (let race = 1; race <= RACES_MAX; race++) {
      const found = await this.serving.restored(projection);
      const generations = await this.generations.list(projection);
      const chosen = generations.find(({ meta }) => meta.number === generation);
      if (!chosen) throw new UnknownGeneration(projection, generation);
      // The decided generation serves before anything is deleted: it may be this one, or replace it.
      if (!found || (await this.serving.switchIfUndone(generations, found.control.serving))) continue;
      if (chosen.isServing) throw new GenerationServes(projection, generation);
      if (await this.serving.decide(found, { dropped: droppedWith(found.control, generations, generation) })) return this.#delete(chosen.index);
    }
    throw new CheckpointMoved(projection, generation);
  }

  /**
   * Deletes all indices of a projection, also the serving one. It records the decision first, so that none is promoted
   * meanwhile. Errors: those of `drop` that are not about one generation.
   */
  async forget(projection: string): Promise<void> {
    for (let race = 1; race <= RACES_MAX; race++) {
      const entries = await this.generations.entries(projection); // also incomplete ones
      if (entries.length === 0) return;
      const found = await this.serving.restored(projection);
      const dropped = entries.map(({ meta }) => meta.number);
      if (!found || !(await this.serving.decide(found, { serving: null, dropped }))) continue;
      for (const { index } of entries) await this.#delete(index);
    }
    throw new ReadStoreUnavailable(this.connection.store, `new indices of projection ${projection} keep appearing; stop its projector.`);
  }

  /** Deletes what another process decided to delete before it ended; false if there is nothing to do. */
  async finish(generations: readonly StoredGeneration[], control: Control | undefined): Promise<boolean> {
    const undone = generations.filter(({ meta, isServing }) => !isServing && isDropped(control, meta.number));
    for (const { index } of undone) await this.#delete(index);
    return undone.length > 0;
  }

  /** A session that still writes it gets an error. */
  async #delete(index: string): Promise<void> {
    await this.connection.request({ method: 'DELETE', path: `/${index}`, expected: [404] });
  }
}

/** Deleted generations need no entry any more: their numbers are not used again. */
const droppedWith = (control: Control, generations: readonly StoredGeneration[], generation: number): readonly number[] =>
  generations.map(({ meta }) => meta.number).filter((number) => number === generation || isDropped(control, number));
