// Errors of queries to a cache.
import { MainstemError } from '@mainstem/event-store';

/** A limit or cursor cannot be accepted. `field` names the culprit. */
export class InvalidCacheQuery extends MainstemError {
  constructor(
    readonly field: string,
    problem: string,
  ) {
    super('CACHE_INVALID_QUERY', `${field}: ${problem}`);
  }
}
