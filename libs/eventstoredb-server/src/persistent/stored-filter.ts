// The filter of a group on all streams, in the form in which it can be stored.
import { filterOf, type FilterSubject, type LogFilter } from '../semantics/event-filter.js';

export interface StoredFilter {
  readonly on: FilterSubject;
  /** Empty if the filter uses prefixes. */
  readonly regex: string;
  readonly prefixes: readonly string[];
}

/** Errors: EVENT_STORE_SERVER_FILTER_NOT_SUPPORTED. */
export const compiled = (filter: StoredFilter): LogFilter => filterOf(filter.on, filter);
