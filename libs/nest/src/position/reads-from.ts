// Declares what a route reads from.
import { applyDecorators, SetMetadata, type InjectionToken } from '@nestjs/common';
import { RouteParameters } from '../parameters/route-parameters.js';
import { MIN_POSITION_PARAMETER } from './min-position.js';

export interface ReadSource {
  /** Provides the read store. */
  readonly store: InjectionToken;
  readonly projections: readonly string[];
}

/** A definition: its name cannot be misspelt. */
export interface NamedProjection {
  readonly name: string;
}

export const READ_SOURCE = Symbol.for('mainstem:read-source');

/**
 * Method decorator: the route answers from these projections of one read store, given as definitions or by name. Its
 * handler returns an `Answer`; with `PositionInterceptor` the client gets the value alone, with its position in
 * `Mainstem-Position`. A class of its `@Query()` sees `minPosition` only if it declares that field; so a class that
 * refuses unknown parameters does not need the field.
 */
export const ReadsFrom = (store: InjectionToken, ...projections: readonly (string | NamedProjection)[]): MethodDecorator =>
  applyDecorators(
    SetMetadata(READ_SOURCE, { store, projections: projections.map(nameOf) } satisfies ReadSource),
    RouteParameters(MIN_POSITION_PARAMETER),
  );

const nameOf = (projection: string | NamedProjection): string => (typeof projection === 'string' ? projection : projection.name);
