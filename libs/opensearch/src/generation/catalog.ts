// Which generations there are: read from the indices themselves, so that one that was deleted by hand is simply gone.
import { UnknownGeneration, type Generation } from '@mainstem/projection';
import type { SearchServer } from '../server/search-server.js';
import type { GenerationMeta } from './index-definition.js';
import { generationAlias, indexPattern, servingAlias, STATE_ID } from './names.js';
import { generationOf, type StateBody, type StatePlace } from './state-document.js';

export interface CatalogEntry {
  readonly index: string;
  readonly meta: GenerationMeta;
  readonly isServing: boolean;
}

export interface CatalogGeneration extends CatalogEntry {
  readonly state: StateBody;
  readonly described: Generation;
}

interface IndexAnswer {
  readonly aliases?: Readonly<Record<string, object>>;
  readonly mappings?: { readonly _meta?: { readonly mainstem?: GenerationMeta } };
}

interface MultiGetAnswer {
  readonly docs: readonly { readonly _index: string; readonly found?: boolean; readonly _source?: StateBody }[];
}

export class Catalog {
  constructor(
    private readonly server: SearchServer,
    readonly prefix: string,
  ) {}

  /** By projection and number. Errors: READ_STORE_UNAVAILABLE. */
  async list(projection?: string): Promise<readonly CatalogGeneration[]> {
    const entries = await this.entries(projection);
    if (entries.length === 0) return [];
    const states = await this.#states(entries);
    return entries.flatMap((entry) => {
      const state = states.get(entry.index);
      // Without one it is not complete yet, or was never completed.
      if (!state || state.isDropped) return [];
      return [{ ...entry, state, described: generationOf(entry.meta, state, entry.isServing) }];
    });
  }

  /** Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_UNAVAILABLE. */
  async find(projection: string, number: number): Promise<CatalogGeneration> {
    const found = (await this.list(projection)).find(({ meta }) => meta.number === number);
    if (!found) throw new UnknownGeneration(projection, number);
    return found;
  }

  placeOf(projection: string, number: number): StatePlace {
    return { alias: generationAlias(this.prefix, projection, number), projection, number };
  }

  /** The indices alone, also those that are not complete yet: without their checkpoints. Errors: READ_STORE_UNAVAILABLE. */
  async entries(projection?: string): Promise<readonly CatalogEntry[]> {
    const pattern = indexPattern(projection === undefined ? this.prefix : servingAlias(this.prefix, projection));
    const query = { filter_path: '*.aliases,*.mappings._meta', ignore_unavailable: 'true' };
    const { body, status } = await this.server.request<Readonly<Record<string, IndexAnswer>>>({
      method: 'GET',
      path: `/${pattern}`,
      query,
      expected: [404],
    });
    const entries = status === 404 ? [] : this.#entriesIn(body);
    return entries
      .filter(({ meta }) => projection === undefined || meta.projection === projection)
      .sort((left, right) =>
        left.meta.projection < right.meta.projection ? -1 : left.meta.projection > right.meta.projection ? 1 : left.meta.number - right.meta.number,
      );
  }

  #entriesIn(answer: Readonly<Record<string, IndexAnswer>>): CatalogEntry[] {
    return Object.entries(answer).flatMap(([index, { aliases = {}, mappings }]) => {
      const meta = mappings?._meta?.mainstem;
      if (meta?.prefix !== this.prefix) return [];
      return [{ index, meta, isServing: servingAlias(this.prefix, meta.projection) in aliases }];
    });
  }

  async #states(entries: readonly CatalogEntry[]): Promise<ReadonlyMap<string, StateBody>> {
    const docs = entries.map(({ index }) => ({ _index: index, _id: STATE_ID, _source: { excludes: ['intent.requests'] } }));
    const { body } = await this.server.request<MultiGetAnswer>({ method: 'POST', path: '/_mget', body: JSON.stringify({ docs }) });
    return new Map(body.docs.flatMap(({ _index, found, _source }) => (found && _source ? [[_index, _source] as const] : [])));
  }
}
