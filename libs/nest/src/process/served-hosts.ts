// Which names an application on a loopback address is served under. A page of the web whose name is pointed at 127.0.0.1 counts as this
// application's own for the browser (DNS rebinding); its name in the Host header gives it away.
import type { Server } from 'node:http';
import { HttpException, HttpStatus } from '@nestjs/common';

interface Request {
  readonly headers: { readonly host?: string | undefined };
}

const LOOPBACK_NAMES = /^(?:localhost|(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/;

/** Names besides those of this machine that a server is asked for by. A server that is not here is asked for by any name. */
const allowedOn = new WeakMap<Server, readonly string[]>();

/** From now on the server is asked for by these names and those of this machine; see `servedHosts`. */
export const serveOnly = (server: Server, allowed: readonly string[]): void => void allowedOn.set(server, allowed);

/**
 * Middleware: while a server with `serveOnly` listens on a loopback address alone, a request with a Host that is no name of this machine is answered
 * 421, unless the name is allowed. A proxy before the application passes the name on: allow it, or listen on another address. It comes before
 * everything that answers requests.
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
