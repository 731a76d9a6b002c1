// Makes generations: an index, then state documents. The next process completes or removes an unfinished one.
import { randomUUID } from 'node:crypto';
import { partitionsOf } from '@mainstem/projection/adapter';
import { indexDefinition, type GenerationMeta, type IndexSettings } from '../layout/index-definition.js';
import { generationAlias, indexName } from '../layout/names.js';
import { createState, emptyState } from '../layout/state-document.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import type { GenerationRecords, Leftover } from './generation-records.js';
import type { Serving } from './serving.js';

/** After this time a generation must be complete. A slower process gets an error and makes another one. */
const ABANDONED_AFTER_MS = 10_000;

export class Making {
  constructor(
    private readonly connection: OpenSearchConnection,
    private readonly generations: GenerationRecords,
    private readonly serving: Serving,
    private readonly settings: IndexSettings,
  ) {}

  /**
   * The number of a complete generation: a new one, or an empty unfinished one of the same definition. Several
   * processes may complete it at the same time. Errors: READ_STORE_UNAVAILABLE, READ_STORE_PERMISSION_DENIED.
   */
  async make(wanted: Omit<GenerationMeta, 'number'>): Promise<number> {
    const { projection } = wanted;
    const { leftovers } = await this.generations.survey(projection);
    const begun = await this.#begun(leftovers, wanted);
    await this.removeLeftovers(leftovers.filter((leftover) => leftover !== begun));
    const meta = begun?.meta ?? (await this.#makeIndex(wanted));
    // The first document, which describes the whole, comes last: with it the generation exists.
    const [first, ...others] = partitionsOf(meta).map((partition) => this.generations.placeOf(meta, partition.number));
    const empty = emptyState(meta.createdAt, meta.wasBulk === true);
    await Promise.all(others.map((place) => createState(this.connection, place, empty)));
    if (first) await createState(this.connection, first, empty);
    return meta.number;
  }

  /** Deletes unfinished and half-deleted generations. Errors: READ_STORE_UNAVAILABLE, READ_STORE_PERMISSION_DENIED. */
  async removeLeftovers(leftovers: readonly Leftover[]): Promise<void> {
    for (const leftover of leftovers) {
      // Queries read a serving generation without state until another one serves.
      if (leftover.isServing || !(leftover.isDropped || (await this.#isClaimed(leftover)))) continue;
      await this.connection.request({ method: 'DELETE', path: `/${leftover.index}`, expected: [404] });
    }
  }

  /** Claims it for deletion with the state document that it lacks, so that no process completes it any more. */
  async #isClaimed({ meta, missing = 0 }: Leftover): Promise<boolean> {
    if (this.connection.runtime.now() - Date.parse(meta.createdAt) < ABANDONED_AFTER_MS) return false;
    return createState(this.connection, this.generations.placeOf(meta, missing), { ...emptyState(meta.createdAt, false), isDropped: true });
  }

  async #makeIndex(wanted: Omit<GenerationMeta, 'number'>): Promise<GenerationMeta> {
    const { prefix, projection } = wanted;
    const known = await this.generations.entries(projection);
    const number = await this.serving.nextNumber(projection, Math.max(0, ...known.map(({ meta }) => meta.number)));
    const meta: GenerationMeta = { ...wanted, number };
    const definition = { ...indexDefinition(meta, this.settings), aliases: { [generationAlias(prefix, projection, number)]: {} } };
    await this.connection.request({
      method: 'PUT',
      path: `/${indexName(prefix, projection, number, randomUUID())}`,
      body: JSON.stringify(definition),
    });
    return meta;
  }

  /** An index without state that holds documents is not empty: their versions would win over new writes. */
  async #begun(leftovers: readonly Leftover[], wanted: Omit<GenerationMeta, 'number'>): Promise<Leftover | undefined> {
    for (const leftover of leftovers) {
      if (!leftover.isDropped && isOfSameDefinition(leftover.meta, wanted) && (await this.#isEmpty(leftover.index))) return leftover;
    }
    return undefined;
  }

  async #isEmpty(index: string): Promise<boolean> {
    await this.connection.request({ method: 'POST', path: `/${index}/_refresh`, expected: [404] });
    const query = JSON.stringify({ query: { bool: { must_not: [{ term: { kind: 'state' } }] } } });
    const { status, body } = await this.connection.request<{ readonly count: number }>({
      method: 'POST',
      path: `/${index}/_count`,
      body: query,
      expected: [404],
    });
    return status !== 404 && body.count === 0;
  }
}

const isOfSameDefinition = ({ number: _, ...begun }: GenerationMeta, wanted: Omit<GenerationMeta, 'number'>): boolean => {
  const [one, other] = [begun, wanted].map((meta) => JSON.stringify(Object.entries({ ...meta, createdAt: '' }).sort(byName)));
  return one === other;
};

const byName = ([left]: [string, unknown], [right]: [string, unknown]): number => (left < right ? -1 : left > right ? 1 : 0);
