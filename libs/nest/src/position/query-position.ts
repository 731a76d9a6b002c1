// Where a query class does not declare `minPosition`, it does not see it: the parameter belongs to `@ReadsFrom`, and rules of unknown fields are not broken.
import type { ExecutionContext } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { MIN_POSITION_PARAMETER } from './min-position.js';

interface Request {
  readonly query?: Readonly<Record<string, unknown>>;
}

type Class = new (...given: never[]) => object;

/**
 * Makes the parameter invisible to whoever lists the query, unless a class that the route takes declares a field of that name. Read by its name,
 * it is still there.
 */
export const hidePosition = (context: ExecutionContext): void => {
  const request = context.switchToHttp().getRequest<Request>();
  const { query } = request;
  if (query === null || typeof query !== 'object' || !Object.hasOwn(query, MIN_POSITION_PARAMETER) || isDeclared(context)) return;
  const rest = Object.create(Object.getPrototypeOf(query) as object | null, Object.getOwnPropertyDescriptors(query)) as object;
  Object.defineProperty(rest, MIN_POSITION_PARAMETER, { enumerable: false });
  // Express makes the query anew each time it is asked for: an own property of the request stands before that.
  Object.defineProperty(request, 'query', { value: rest, writable: true, enumerable: true, configurable: true });
};

const known = new WeakMap<Class, Map<unknown, boolean>>();

/** Looked up once a route. */
const isDeclared = (context: ExecutionContext): boolean => {
  const controller = context.getClass<object>() as Class;
  const handler = context.getHandler();
  const routes = known.get(controller) ?? new Map<unknown, boolean>();
  known.set(controller, routes);
  const found = routes.get(handler) ?? classesTakenBy(controller, handler).some(declaresPosition);
  routes.set(handler, found);
  return found;
};

/** By identity, not by its name: other decorators may have put a function of their own in its place. */
const classesTakenBy = ({ prototype }: Class, handler: unknown): readonly unknown[] => {
  for (let part = prototype as object | null; part !== null && part !== Object.prototype; part = Object.getPrototypeOf(part) as object | null) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(part))) {
      if (value === handler) return (Reflect.getMetadata('design:paramtypes', part, name) as readonly unknown[] | undefined) ?? [];
    }
  }
  return [];
};

const declaresPosition = (taken: unknown): boolean =>
  typeof taken === 'function' &&
  getMetadataStorage()
    .getTargetValidationMetadatas(taken, '', true, false)
    .some(({ propertyName }) => propertyName === MIN_POSITION_PARAMETER);
