// Errors of queries to a cache.
import { MainstemError } from '@mainstem/event-store';

/** A limit or cursor is not acceptable. `field` names the wrong field. */
export class InvalidCacheQuery extends MainstemError {
  constructor(
    readonly field: string,
    problem: string,
  ) {
    super('CACHE_INVALID_QUERY', `${field}: ${problem}`);
  }
}
