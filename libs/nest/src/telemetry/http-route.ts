// The route of a request: a pattern such as `/api/orders/:orderNo`, never the address itself, so that there are few of them.
import type { RoutedRequest } from './telemetry.js';

/** Of requests that no route answers. */
export const NO_ROUTE = 'none';
/** Of methods that HTTP does not name. */
export const OTHER_METHOD = '_OTHER';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

/** Known once the request was routed. */
export const routeOf = ({ baseUrl = '', route }: RoutedRequest): string => (typeof route?.path === 'string' ? `${baseUrl}${route.path}` : NO_ROUTE);

export const methodOf = ({ method = '' }: RoutedRequest): string => (METHODS.has(method) ? method : OTHER_METHOD);

/** Requests of those who watch: they come every few seconds and say nothing about the application. */
export const isWatching = ({ originalUrl, url = '' }: RoutedRequest): boolean => /^\/(?:health\/|metrics(?:\?|$))/.test(originalUrl ?? url);
