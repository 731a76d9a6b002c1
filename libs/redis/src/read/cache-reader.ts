// Queries of the serving generation: a value by its key, and the places of a leaderboard.
import type { Runtime } from '@mainstem/event-store';
import { assertTopOptions, type CacheAnswer, decodeForQuery, type Place, type TopOptions } from '@mainstem/projection/adapter';
import type { Claims } from '../bookkeeping/claims.js';
import { type GenerationRecords, positionOf } from '../bookkeeping/generation-records.js';
import { storedScore } from '../layout/boards.js';
import { GET, TOP } from '../scripts/reading.js';
import { type Script, scriptOf } from '../server/redis-connection.js';

export class CacheReader {
  /** The projection of each collection, as last looked up. */
  readonly #owners = new Map<string, string>();

  constructor(
    private readonly generations: GenerationRecords,
    private readonly claims: Claims,
    private readonly runtime: Runtime,
  ) {}

  /** Errors: READ_STORE_UNAVAILABLE. */
  async get<Document extends object>(collection: string, key: string): Promise<CacheAnswer<Document | undefined>> {
    const reply = await this.#query(collection, SCRIPTS.get, [collection, key, this.runtime.now()]);
    const [hasState, position = '', document = ''] = reply;
    if (hasState === undefined || document === '') return { value: undefined, position: positionOf(position) };
    return { value: decodeForQuery<Document>(document, hasState === '1'), position: positionOf(position) };
  }

  /** Errors: CACHE_INVALID_QUERY, READ_STORE_UNAVAILABLE. */
  async top<Document extends object>(collection: string, board: string, options: TopOptions): Promise<CacheAnswer<readonly Place<Document>[]>> {
    assertTopOptions(options);
    const { limit, after } = options;
    const cursor = after ? [storedScore(after.score), after.key] : [];
    const [hasState, position = '', ...rows] = await this.#query(collection, SCRIPTS.top, [collection, board, limit, this.runtime.now(), ...cursor]);
    const places: Place<Document>[] = [];
    for (let index = 0; index + 2 < rows.length; index += 3) {
      const [key = '', score = '', document = ''] = rows.slice(index, index + 3);
      places.push({ key, score: 0 - Number(score), document: decodeForQuery<Document>(document, hasState === '1') });
    }
    return { value: places, position: positionOf(position) };
  }

  /** Empty if no serving generation has the collection. */
  async #query(collection: string, script: Script, args: readonly (string | number)[]): Promise<readonly string[]> {
    const known = this.#owners.get(collection);
    if (known !== undefined) {
      const reply = (await this.generations.run(script, known, args)) as string[];
      if (reply.length > 0) return reply;
    }
    // Unknown yet, or now of another projection.
    const owner = await this.claims.ownerOf(collection);
    if (owner === undefined || owner === known) return [];
    this.#owners.set(collection, owner);
    return (await this.generations.run(script, owner, args)) as string[];
  }
}

const SCRIPTS = { get: scriptOf(GET), top: scriptOf(TOP) };
