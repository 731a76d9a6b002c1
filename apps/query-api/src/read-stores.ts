// What the query API needs of the read stores, so that no controller depends on an adapter.
import type { Answer } from '@mainstem/nest';
import type { EntityManager } from 'typeorm';

export interface SqlReads {
  /** Runs queries on one snapshot; the position is the smallest one of the named projections. */
  read<T>(projections: readonly string[], query: (manager: EntityManager) => Promise<T>): Promise<Answer<T>>;
}
