// The one index that belongs to no generation: what is to serve, numbers that are used up, leases.
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import type { SearchServer } from '../server/search-server.js';
import { controlAlias, controlIndex } from './names.js';

const MAPPINGS = { dynamic: false, properties: { kind: { type: 'keyword' }, projection: { type: 'keyword' } } };
const SETTINGS = { 'index.number_of_shards': 1, 'index.auto_expand_replicas': '0-1' };
/** How often an update is tried again when another one came in between. */
const CONFLICTS_MAX = '50';
/** How often somebody may delete it in a row. */
const MADE_MAX = 5;

/** As the server takes it. */
export interface DocumentChange {
  readonly doc?: object;
  readonly script?: { readonly source: string; readonly params?: object };
  /** The script is for a new document, too. */
  readonly scripted_upsert?: true;
  readonly upsert?: object;
}

interface UpdateAnswer<Source> {
  readonly get?: { readonly _source: Source };
}

export class ControlIndex {
  /** What it is read and written by. Writes demand it: one that comes after the index was deleted would make it anew with a mapping of the server's. */
  readonly alias: string;
  readonly #index: string;

  constructor(
    private readonly server: SearchServer,
    prefix: string,
  ) {
    this.#index = controlIndex(prefix);
    this.alias = controlAlias(prefix);
  }

  /** Changes a document, or makes it as `upsert` says; the index is made where there is none. Gives what it holds then. Errors: READ_STORE_UNAVAILABLE. */
  async update<Source>(id: string, change: DocumentChange & Required<Pick<DocumentChange, 'upsert'>>): Promise<Source> {
    for (let attempt = 1; attempt <= MADE_MAX; attempt++) {
      const changed = await this.updateIfThere<Source>(id, change);
      if (changed) return changed;
      await this.#make();
    }
    throw new ReadStoreUnavailable(this.server.storeName, `the index ${this.#index} is deleted again and again`);
  }

  /** Undefined where there is no such document. Errors: READ_STORE_UNAVAILABLE. */
  async updateIfThere<Source>(id: string, change: DocumentChange): Promise<Source | undefined> {
    const { body } = await this.server.request<UpdateAnswer<Source>>({
      method: 'POST',
      path: `/${this.alias}/_update/${id}`,
      query: { retry_on_conflict: CONFLICTS_MAX, require_alias: 'true' },
      body: JSON.stringify({ _source: true, ...change }),
      expected: [404],
    });
    return body.get?._source;
  }

  async #make(): Promise<void> {
    const { status } = await this.server.request({ method: 'GET', path: `/${this.#index}`, expected: [404] });
    if (status !== 404) {
      // Made by a version without the alias, or by somebody else just now.
      await this.server.request({ method: 'PUT', path: `/${this.#index}/_alias/${this.alias}`, expected: [404] });
      return;
    }
    const body = JSON.stringify({ settings: SETTINGS, mappings: MAPPINGS, aliases: { [this.alias]: {} } });
    // Several may find it missing at once.
    await this.server.request({ method: 'PUT', path: `/${this.#index}`, body, expected: [400] });
  }
}
