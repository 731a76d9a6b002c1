// Refuses parameters of a URL that its route does not take: without a word their values would count for nothing.
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { routeParametersOf } from '../parameters/route-parameters.js';
import { InvalidRequest } from './request-validation.js';
import { unknownName } from './unknown-name.js';

interface Request {
  readonly query?: Readonly<Record<string, unknown>>;
}

/**
 * Guard for all routes over HTTP. Where a class takes the query, its rules decide instead; where a handler takes query or request as a whole, the handler
 * does. A parameter that only a guard or a middleware of the application reads is declared by the route: `@Query('token') _: string`. Errors: REQUEST_INVALID.
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
