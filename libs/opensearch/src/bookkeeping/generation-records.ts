// Generations, read from the indices themselves: one that was deleted by hand is simply gone.
import { partitionsOf, UnknownGeneration, type Generation } from '@mainstem/projection/adapter';
import type { GenerationMeta } from '../layout/index-definition.js';
import { generationAlias, indexPattern, servingAlias, stateId } from '../layout/names.js';
import { generationOf, type PartStates, type StateBody, type StatePlace } from '../layout/state-document.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';

export interface StoredIndex {
  readonly index: string;
  readonly meta: GenerationMeta;
  readonly isServing: boolean;
}

export interface StoredGeneration extends StoredIndex {
  readonly states: PartStates;
  readonly described: Generation;
}

/** An index that is no complete generation. */
export interface Leftover extends StoredIndex {
  /** True: it was about to be deleted. Otherwise it lacks a state document: unfinished, abandoned or lost. */
  readonly isDropped: boolean;
  /** The first part without a state document. */
  readonly missing: number | undefined;
}

export interface Survey {
  readonly generations: readonly StoredGeneration[];
  /** Indices that are no complete generations. */
  readonly leftovers: readonly Leftover[];
}

interface IndexAnswer {
  readonly aliases?: Readonly<Record<string, object>>;
  readonly mappings?: { readonly _meta?: { readonly mainstem?: GenerationMeta } };
}

interface MultiGetAnswer {
  readonly docs: readonly { readonly _index: string; readonly _id: string; readonly found?: boolean; readonly _source?: StateBody }[];
}

export class GenerationRecords {
  constructor(
    private readonly connection: OpenSearchConnection,
    readonly prefix: string,
  ) {}

  /** Ordered by projection and number. Errors: READ_STORE_UNAVAILABLE. */
  async list(projection?: string): Promise<readonly StoredGeneration[]> {
    return (await this.survey(projection)).generations;
  }

  /** All indices of a projection. Errors: READ_STORE_UNAVAILABLE. */
  async survey(projection?: string): Promise<Survey> {
    const generations: StoredGeneration[] = [];
    const leftovers: Leftover[] = [];
    for (const one of await this.#all(projection)) {
      if ('states' in one) generations.push(one);
      else leftovers.push(one);
    }
    return { generations, leftovers };
  }

  /** Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_UNAVAILABLE. */
  async find(projection: string, number: number): Promise<StoredGeneration> {
    const found = (await this.list(projection)).find(({ meta }) => meta.number === number);
    if (!found) throw new UnknownGeneration(projection, number);
    return found;
  }

  /** The place of a part of the generation, from 0. */
  placeOf({ projection, number }: Pick<GenerationMeta, 'projection' | 'number'>, partition: number): StatePlace {
    return { alias: generationAlias(this.prefix, projection, number), projection, number, partition };
  }

  /** The indices without their checkpoints, also unfinished ones. Errors: READ_STORE_UNAVAILABLE. */
  async entries(projection?: string): Promise<readonly StoredIndex[]> {
    const pattern = indexPattern(projection === undefined ? this.prefix : servingAlias(this.prefix, projection));
    const query = { filter_path: '*.aliases,*.mappings._meta', ignore_unavailable: 'true' };
    const { body, status } = await this.connection.request<Readonly<Record<string, IndexAnswer>>>({
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

  async #all(projection: string | undefined): Promise<readonly (StoredGeneration | Leftover)[]> {
    const entries = await this.entries(projection);
    if (entries.length === 0) return [];
    const states = await this.#states(entries);
    return entries.map((entry) => {
      const found = partitionsOf(entry.meta).map(({ number }) => states.get(stateName(entry.index, stateId(number))));
      const [first, ...others] = found;
      const isDropped = found.some((state) => state?.isDropped);
      if (!first || isDropped || !others.every((other) => other !== undefined)) {
        const missing = found.indexOf(undefined);
        return { ...entry, isDropped, missing: missing < 0 ? undefined : missing };
      }
      return { ...entry, states: [first, ...others], described: generationOf(entry.meta, [first, ...others], entry.isServing) };
    });
  }

  #entriesIn(answer: Readonly<Record<string, IndexAnswer>>): StoredIndex[] {
    return Object.entries(answer).flatMap(([index, { aliases = {}, mappings }]) => {
      const meta = mappings?._meta?.mainstem;
      if (meta?.prefix !== this.prefix) return [];
      return [{ index, meta, isServing: servingAlias(this.prefix, meta.projection) in aliases }];
    });
  }

  /** States by `stateName`. */
  async #states(entries: readonly StoredIndex[]): Promise<ReadonlyMap<string, StateBody>> {
    const docs = entries.flatMap(({ index, meta }) =>
      partitionsOf(meta).map(({ number }) => ({ _index: index, _id: stateId(number), _source: { excludes: ['intent.requests'] } })),
    );
    const { body } = await this.connection.request<MultiGetAnswer>({ method: 'POST', path: '/_mget', body: JSON.stringify({ docs }) });
    return new Map(body.docs.flatMap(({ _index, _id, found, _source }) => (found && _source ? [[stateName(_index, _id), _source] as const] : [])));
  }
}

const stateName = (index: string, id: string): string => `${index}/${id}`;
