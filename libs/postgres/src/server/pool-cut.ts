// Ends the connections of a pool that wait for an answer, so that a server which is silent holds up no close.
import type { Client, Pool, PoolClient } from 'pg';

export class PoolCut {
  /** In use at the moment. */
  readonly #used = new Set<PoolClient>();
  #isCut = false;

  constructor(pool: Pool) {
    pool.on('acquire', (client) => {
      this.#used.add(client);
      if (this.#isCut) end(client);
    });
    pool.on('release', (_error, client) => void this.#used.delete(client));
  }

  /** Whatever runs fails as if the connection had broken, and so does whatever begins later. */
  cut(): void {
    this.#isCut = true;
    for (const client of this.#used) end(client);
  }
}

/** The driver does not wait for the answer to a statement that runs. */
const end = (client: PoolClient): void => void (client as unknown as Client).end();
