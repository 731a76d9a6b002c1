// Errors of queries to a full-text index.
import { MainstemError } from '@mainstem/event-store';

/** A query, limit or collection name is not acceptable. `field` names the wrong field. */
export class InvalidSearchQuery extends MainstemError {
  constructor(
    readonly field: string,
    problem: string,
  ) {
    super('SEARCH_INVALID_QUERY', `${field}: ${problem}`);
  }
}

/** The cursor does not come from an earlier page of this query. */
export class InvalidSearchCursor extends MainstemError {
  constructor() {
    super('SEARCH_INVALID_CURSOR', 'cursor: it does not belong to this query. Start again from the first page.');
  }
}
