// Deletes generations. It is decided where it is decided which one serves, so that nobody makes one serve that is about to be deleted.
import { CheckpointMoved, GenerationServes, ReadStoreUnavailable, UnknownGeneration } from '@mainstem/projection/adapter';
import type { SearchServer } from '../server/search-server.js';
import { RACES_MAX } from '../write/take-over.js';
import type { Catalog, CatalogGeneration } from '../layout/catalog.js';
import type { Control, Serving } from './serving.js';

export class Dropping {
  constructor(
    private readonly server: SearchServer,
    private readonly catalog: Catalog,
    private readonly serving: Serving,
  ) {}

  /**
   * A promotion that was decided before makes this one refuse, one that was not cannot be decided any more.
   * Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_GENERATION_SERVES, READ_STORE_CHECKPOINT_MOVED after too many races, READ_STORE_UNAVAILABLE.
   */
  async drop(projection: string, generation: number): Promise<void> {
    for (let race = 1; race <= RACES_MAX; race++) {
      const found = await this.serving.restored(projection);
      const generations = await this.catalog.list(projection);
      const chosen = generations.find(({ meta }) => meta.number === generation);
      if (!chosen) throw new UnknownGeneration(projection, generation);
      // What is decided serves before anything is deleted: it may be this one, and whatever else the alias is at will not have it any more.
      if (!found || (await this.serving.switchIfUndone(generations, found.control.serving))) continue;
      if (chosen.isServing) throw new GenerationServes(projection, generation);
      if (await this.serving.decide(found, { dropped: droppedWith(found.control, generations, generation) })) return this.#delete(chosen.index);
    }
    throw new CheckpointMoved(projection, generation);
  }

  /** Deletes all indices of a projection, whatever serves; it is decided first, so that nobody makes one serve meanwhile. Errors: as `drop`, but for those of one generation. */
  async forget(projection: string): Promise<void> {
    for (let race = 1; race <= RACES_MAX; race++) {
      const entries = await this.catalog.entries(projection); // also what is not complete
      if (entries.length === 0) return;
      const found = await this.serving.restored(projection);
      const dropped = entries.map(({ meta }) => meta.number);
      if (!found || !(await this.serving.decide(found, { serving: null, dropped }))) continue;
      for (const { index } of entries) await this.#delete(index);
    }
    throw new ReadStoreUnavailable(this.server.storeName, `indices of projection ${projection} are made again and again; stop its projector.`);
  }

  /** Deletes what somebody had decided to delete and has not, because his process ended in between; false if there is nothing to do. */
  async finish(generations: readonly CatalogGeneration[], control: Control | undefined): Promise<boolean> {
    const undone = generations.filter(({ meta, isServing }) => !isServing && isDropped(control, meta.number));
    for (const { index } of undone) await this.#delete(index);
    return undone.length > 0;
  }

  /** Whoever writes it is told that it is gone. */
  async #delete(index: string): Promise<void> {
    await this.server.request({ method: 'DELETE', path: `/${index}`, expected: [404] });
  }
}

/** It is decided that it is to be deleted. */
export const isDropped = (control: Control | undefined, generation: number): boolean => control?.dropped?.includes(generation) === true;

/** Those that are gone need not be named any more: their numbers are not used again. */
const droppedWith = (control: Control, generations: readonly CatalogGeneration[], generation: number): readonly number[] =>
  generations.map(({ meta }) => meta.number).filter((number) => number === generation || isDropped(control, number));
