// Declares what an answer is made from.
import { SetMetadata, type CustomDecorator, type InjectionToken } from '@nestjs/common';

export interface ReadSource {
  /** Provides the read store. */
  readonly store: InjectionToken;
  readonly projections: readonly string[];
}

export const READ_SOURCE = Symbol.for('mainstem:read-source');

/**
 * Method decorator: the route answers from these projections of one read store. Its handler returns an `Answer`; with `PositionInterceptor`
 * the client gets the value alone, with its position in `Mainstem-Position`. A class of its `@Query()` sees `minPosition` only if it declares
 * that field, so that one which refuses unknown parameters needs no such field.
 */
export const ReadsFrom = (store: InjectionToken, ...projections: readonly string[]): CustomDecorator<symbol> =>
  SetMetadata(READ_SOURCE, { store, projections } satisfies ReadSource);
