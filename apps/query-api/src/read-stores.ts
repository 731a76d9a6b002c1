// What the query API asks of the read stores, so that no controller depends on an adapter.
import type { Answer } from '@mainstem/nest';
import type { Position } from '@mainstem/event-store';
import type { EntityManager } from 'typeorm';

export interface SqlReads {
  /** Runs queries on one snapshot; the position is the smallest one of the named projections. */
  read<T>(projections: readonly string[], query: (manager: EntityManager) => Promise<T>): Promise<Answer<T>>;
}

export interface SearchRequest {
  readonly query: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly isPrefix?: boolean | undefined;
}

export interface SearchReads {
  search<Document extends object>(
    collection: string,
    request: SearchRequest,
  ): Promise<{
    readonly total: number;
    readonly items: readonly { readonly key: string; readonly document: Document; readonly highlight: string; readonly score: number }[];
    readonly next: string | undefined;
    readonly position: Position | undefined;
  }>;
}
