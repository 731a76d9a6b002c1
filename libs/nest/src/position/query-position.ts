// Hides `minPosition` from query classes that do not declare it: it belongs to `@ReadsFrom` and is no unknown field.
import type { ExecutionContext } from '@nestjs/common';
import { fieldsOf } from '../parameters/fields-of.js';
import { placeOfHandler, type ControllerClass } from '../parameters/handler-place.js';
import { MIN_POSITION_PARAMETER } from './min-position.js';

interface Request {
  readonly query?: Readonly<Record<string, unknown>>;
}

/** Hides the parameter from listings of the query, unless a class of the route declares it. Its name still reads it. */
export const hidePosition = (context: ExecutionContext): void => {
  const request = context.switchToHttp().getRequest<Request>();
  const { query } = request;
  if (query === null || typeof query !== 'object' || !Object.hasOwn(query, MIN_POSITION_PARAMETER) || isDeclared(context)) return;
  const rest = Object.create(Object.getPrototypeOf(query) as object | null, Object.getOwnPropertyDescriptors(query)) as object;
  Object.defineProperty(rest, MIN_POSITION_PARAMETER, { enumerable: false });
  // Express builds the query at every access; an own property of the request replaces it.
  Object.defineProperty(request, 'query', { value: rest, writable: true, enumerable: true, configurable: true });
};

const known = new WeakMap<ControllerClass, Map<unknown, boolean>>();

/** Looked up once for each route. */
const isDeclared = (context: ExecutionContext): boolean => {
  const controller = context.getClass<object>() as ControllerClass;
  const handler = context.getHandler();
  const routes = known.get(controller) ?? new Map<unknown, boolean>();
  known.set(controller, routes);
  const found = routes.get(handler) ?? classesTakenBy(controller, handler).some(declaresPosition);
  routes.set(handler, found);
  return found;
};

const classesTakenBy = (controller: ControllerClass, handler: unknown): readonly unknown[] => {
  const place = placeOfHandler(controller, handler);
  return place === undefined ? [] : ((Reflect.getMetadata('design:paramtypes', place.owner, place.name) as readonly unknown[] | undefined) ?? []);
};

const declaresPosition = (taken: unknown): boolean => fieldsOf(taken).includes(MIN_POSITION_PARAMETER);
