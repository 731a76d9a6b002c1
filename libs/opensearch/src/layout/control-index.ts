// The one index that belongs to no generation: it holds decisions, used numbers and leases.
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import { controlAlias, controlIndex } from './names.js';

const MAPPINGS = { dynamic: false, properties: { kind: { type: 'keyword' }, projection: { type: 'keyword' } } };
const SETTINGS = { 'index.number_of_shards': 1, 'index.auto_expand_replicas': '0-1' };
/** How often an update is repeated when another one came in between. */
const CONFLICTS_MAX = '50';
/** How often in a row the index may be deleted by others. */
const MADE_MAX = 5;

/** The update in the server's form. */
export interface DocumentChange {
  readonly doc?: object;
  readonly script?: { readonly source: string; readonly params?: object };
  /** True: the script also runs for a new document. */
  readonly scripted_upsert?: true;
  readonly upsert?: object;
}

interface UpdateAnswer<Source> {
  readonly get?: { readonly _source: Source };
}

export class ControlIndex {
  /** For reads and writes. Writes require it: otherwise a late write makes a deleted index anew, with wrong mapping. */
  readonly alias: string;
  readonly #index: string;

  constructor(
    private readonly connection: OpenSearchConnection,
    prefix: string,
  ) {
    this.#index = controlIndex(prefix);
    this.alias = controlAlias(prefix);
  }

  /** Changes a document, or makes it from `upsert`; makes a missing index. Errors: READ_STORE_UNAVAILABLE. */
  async update<Source>(id: string, change: DocumentChange & Required<Pick<DocumentChange, 'upsert'>>): Promise<Source> {
    for (let attempt = 1; attempt <= MADE_MAX; attempt++) {
      const changed = await this.updateIfThere<Source>(id, change);
      if (changed) return changed;
      await this.#make();
    }
    throw new ReadStoreUnavailable(this.connection.store, `the index ${this.#index} is deleted again and again`);
  }

  /** Undefined if there is no such document. Errors: READ_STORE_UNAVAILABLE. */
  async updateIfThere<Source>(id: string, change: DocumentChange): Promise<Source | undefined> {
    const { body } = await this.connection.request<UpdateAnswer<Source>>({
      method: 'POST',
      path: `/${this.alias}/_update/${id}`,
      query: { retry_on_conflict: CONFLICTS_MAX, require_alias: 'true' },
      body: JSON.stringify({ _source: true, ...change }),
      expected: [404],
    });
    return body.get?._source;
  }

  async #make(): Promise<void> {
    const { status } = await this.connection.request({ method: 'GET', path: `/${this.#index}`, expected: [404] });
    if (status !== 404) {
      // An older version made it without the alias, or another process has just made it.
      await this.connection.request({ method: 'PUT', path: `/${this.#index}/_alias/${this.alias}`, expected: [404] });
      return;
    }
    const body = JSON.stringify({ settings: SETTINGS, mappings: MAPPINGS, aliases: { [this.alias]: {} } });
    // Several processes may find it missing at once.
    await this.connection.request({ method: 'PUT', path: `/${this.#index}`, body, expected: [400] });
  }
}
