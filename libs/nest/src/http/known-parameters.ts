// Refuses URL parameters that the route does not use: otherwise their values would be silently ignored.
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { routeParametersOf } from '../parameters/route-parameters.js';
import { InvalidRequest } from './request-validation.js';
import { unknownName } from './unknown-name.js';

interface Request {
  readonly query?: Readonly<Record<string, unknown>>;
}

/**
 * Guard for all routes over HTTP. If a class takes the query, its rules decide; if a handler takes the whole query or
 * request, the handler decides. Declare a parameter that only a guard or a middleware reads in the route:
 * `@Query('token') _: string`. Errors: REQUEST_INVALID.
 */
export class KnownParameters implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const given = Object.keys(context.switchToHttp().getRequest<Request>().query ?? {});
    if (given.length === 0) return true;
    const { known, isOpen } = routeParametersOf(context);
    const unknown = isOpen ? [] : given.filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new InvalidRequest(unknown.map((field) => ({ field, message: unknownName(field, known) })));
    return true;
  }
}
