// The host names that an application on a loopback address serves. A web page whose name points at 127.0.0.1 counts as
// this application for the browser (DNS rebinding); only its name in the Host header shows the difference.
import type { Server } from 'node:http';
import { HttpException, HttpStatus } from '@nestjs/common';

interface Request {
  readonly headers: { readonly host?: string | undefined };
}

const LOOPBACK_NAMES = /^(?:localhost|(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/;

/** The names, besides this machine's, that a server is asked for by. A server without an entry serves every name. */
const allowedOn = new WeakMap<Server, readonly string[]>();

/** From now on the server serves only these names and this machine's; see `servedHosts`. */
export const serveOnly = (server: Server, allowed: readonly string[]): void => void allowedOn.set(server, allowed);

/**
 * Middleware: while a server with `serveOnly` listens on a loopback address, it answers 421 to a Host that is neither a
 * name of this machine nor allowed. A proxy in front passes its name on: allow that name, or listen on another address.
 * It must come before everything that answers requests.
 */
export const servedHosts =
  (server: Server) =>
  ({ headers }: Request, _: unknown, next: (error?: unknown) => void): void => {
    const allowed = allowedOn.get(server);
    const address = server.address();
    const isLoopback = address !== null && typeof address === 'object' && LOOPBACK_ADDRESS.test(address.address);
    const name = (headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
    if (!allowed || !isLoopback || name === '' || LOOPBACK_NAMES.test(name) || allowed.includes(name)) return next();
    next(
      new HttpException(
        'This host name is not served here. Use localhost, or allow the name in the settings (MAINSTEM_ALLOWED_HOSTS).',
        HttpStatus.MISDIRECTED,
      ),
    );
  };
