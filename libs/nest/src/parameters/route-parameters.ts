// The URL parameters of a route: those of its `@Query()` decorators, and those of its method decorators.
import 'reflect-metadata';
import { SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import { CUSTOM_ROUTE_ARGS_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { placeOfHandler, type ControllerClass } from './handler-place.js';

export interface RouteParameters {
  readonly known: readonly string[];
  /** True if the route takes the whole query or request, and reads it by itself. */
  readonly isOpen: boolean;
}

const PARAMETERS = Symbol.for('mainstem:route-parameters');
const withoutQuery = new WeakSet<object>();

/** Method decorator: names parameters that something else than the handler reads. */
export const RouteParameters = (...names: readonly string[]): CustomDecorator<symbol> => SetMetadata(PARAMETERS, names);

/** Marks a parameter decorator that reads no URL parameter; for others this is unknown. */
export const readsNoQuery = <Factory extends object>(factory: Factory): Factory => {
  withoutQuery.add(factory);
  return factory;
};

const looked = new WeakMap<ControllerClass, Map<unknown, RouteParameters>>();

/** Looked up once for each route. */
export const routeParametersOf = (context: ExecutionContext): RouteParameters => {
  const controller = context.getClass<object>() as ControllerClass;
  const handler = context.getHandler();
  const routes = looked.get(controller) ?? new Map<unknown, RouteParameters>();
  looked.set(controller, routes);
  const parameters = routes.get(handler) ?? parametersOf(controller, handler);
  routes.set(handler, parameters);
  return parameters;
};

interface Taken {
  readonly index: number;
  readonly data?: unknown;
  readonly factory?: object;
}

const parametersOf = (controller: ControllerClass, handler: object): RouteParameters => {
  const place = placeOfHandler(controller, handler);
  if (!place) return { known: [], isOpen: true };
  const found = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, place.name) ?? {}) as Readonly<Record<string, Taken>>;
  const taken = Object.entries(found).toSorted(([, left], [, right]) => left.index - right.index);
  const names = taken.filter(([key]) => isOfType(key, RouteParamtypes.QUERY)).map(([, { data }]) => data);
  return {
    known: [...((Reflect.getMetadata(PARAMETERS, handler) ?? []) as readonly string[]), ...names.filter((name) => typeof name === 'string')],
    isOpen: names.some((name) => typeof name !== 'string') || taken.some(([key, argument]) => mayReadRequest(key, argument)),
  };
};

const mayReadRequest = (key: string, { factory }: Taken): boolean =>
  isOfType(key, RouteParamtypes.REQUEST) || (key.includes(CUSTOM_ROUTE_ARGS_METADATA) && !(factory && withoutQuery.has(factory)));

/** Nest's keys are `type:index`. */
const isOfType = (key: string, type: RouteParamtypes): boolean => key.startsWith(`${type}:`);
