// The route of a request as a pattern, such as `/api/orders/:orderNo`: addresses would be too many.
import type { RoutedRequest } from './telemetry.js';

/** For requests without a route. */
export const NO_ROUTE = 'none';
/** For methods unknown to HTTP. */
export const OTHER_METHOD = '_OTHER';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

/** Known once the request was routed. */
export const routeOf = ({ baseUrl = '', route }: RoutedRequest): string => (typeof route?.path === 'string' ? `${baseUrl}${route.path}` : NO_ROUTE);

export const methodOf = ({ method = '' }: RoutedRequest): string => (METHODS.has(method) ? method : OTHER_METHOD);

/** Requests of monitoring: they come every few seconds and say nothing about the application. */
export const isWatching = ({ originalUrl, url = '' }: RoutedRequest): boolean => /^\/(?:health\/|metrics(?:\?|$))/.test(originalUrl ?? url);
