// Deletes generations. The script that deletes one refuses it while it serves.
import { GenerationServes, ReadStoreUnavailable, UnknownGeneration } from '@mainstem/projection/adapter';
import { DROP, FORGET, RETIRE } from '../scripts/generations.js';
import { scriptOf } from '../server/redis-connection.js';
import type { GenerationRecords } from './generation-records.js';
import type { Making } from './making.js';

/** How often deletion is repeated if new generations appear while their projection is being forgotten. */
const FORGET_ROUNDS_MAX = 10;

export class Dropping {
  constructor(
    private readonly store: string,
    private readonly generations: GenerationRecords,
    private readonly making: Making,
  ) {}

  /** Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_GENERATION_SERVES, READ_STORE_UNAVAILABLE. */
  async drop(projection: string, number: number): Promise<void> {
    const status = await this.#dropped(projection, number);
    if (status === 'unknown') throw new UnknownGeneration(projection, number);
    if (status === 'serves') throw new GenerationServes(projection, number);
  }

  /**
   * Deletes all generations of a projection and its bookkeeping. Errors: READ_STORE_UNAVAILABLE, also if new
   * generations keep appearing.
   */
  async forget(projection: string): Promise<void> {
    for (let round = 1; round <= FORGET_ROUNDS_MAX; round++) if (await this.#deleteAll(projection)) return;
    throw new ReadStoreUnavailable(this.store, `new generations of projection ${projection} keep appearing; stop its projector.`);
  }

  /** False if a generation was made or promoted meanwhile. */
  async #deleteAll(projection: string): Promise<boolean> {
    // From here on no session writes it, and no generation serves.
    await this.generations.run(SCRIPTS.retire, projection, []);
    for (const { number } of await this.generations.list(projection)) {
      if ((await this.#dropped(projection, number)) === 'serves') return false;
    }
    await this.making.sweep(projection);
    return (await this.generations.run(SCRIPTS.forget, projection, [])) === 'ok';
  }

  async #dropped(projection: string, number: number): Promise<string | undefined> {
    const [status] = (await this.generations.run(SCRIPTS.drop, projection, [number])) as [string];
    return status;
  }
}

const SCRIPTS = { drop: scriptOf(DROP), retire: scriptOf(RETIRE), forget: scriptOf(FORGET) };
