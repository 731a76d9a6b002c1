// The one index that belongs to no generation: what is to serve, numbers that are used up, leases.
import type { SearchServer } from '../server/search-server.js';
import { controlIndex } from './names.js';

const DEFINITION = JSON.stringify({
  settings: { 'index.number_of_shards': 1, 'index.auto_expand_replicas': '0-1' },
  mappings: { dynamic: false, properties: { kind: { type: 'keyword' }, projection: { type: 'keyword' } } },
});

export class ControlIndex {
  readonly name: string;
  /** How often an update is tried again when another one came in between. */
  readonly conflictsMax = '50';
  #isMade = false;

  constructor(
    private readonly server: SearchServer,
    prefix: string,
  ) {
    this.name = controlIndex(prefix);
  }

  /** Errors: READ_STORE_UNAVAILABLE. */
  async make(): Promise<void> {
    if (this.#isMade) return;
    const { status } = await this.server.request({ method: 'GET', path: `/${this.name}`, expected: [404] });
    // Several may find it missing at once.
    if (status === 404) await this.server.request({ method: 'PUT', path: `/${this.name}`, body: DEFINITION, expected: [400] });
    this.#isMade = true;
  }
}
