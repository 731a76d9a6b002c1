// Which names an application on a loopback address is served under. A page of the web whose name is pointed at 127.0.0.1 counts as this
// application's own for the browser (DNS rebinding); its name in the Host header gives it away.
import type { Server } from 'node:http';
import { HttpException, HttpStatus } from '@nestjs/common';

interface Request {
  readonly headers: { readonly host?: string | undefined };
}

const LOOPBACK_NAMES = /^(?:localhost|(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * Middleware: while the server listens on a loopback address alone, a request with a Host that is no name of this machine is answered 421,
 * unless the name is allowed. A proxy before the application passes the name on: allow it, or listen on another address.
 */
export const servedHosts =
  (server: () => Server, allowed: readonly string[]) =>
  ({ headers }: Request, _: unknown, next: (error?: unknown) => void): void => {
    const address = server().address();
    const isLoopback = address !== null && typeof address === 'object' && LOOPBACK_ADDRESS.test(address.address);
    const name = (headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
    if (!isLoopback || name === '' || LOOPBACK_NAMES.test(name) || allowed.includes(name)) return next();
    next(
      new HttpException(
        'This host name is not served here. Use localhost, or allow the name in the settings (MAINSTEM_ALLOWED_HOSTS).',
        HttpStatus.MISDIRECTED,
      ),
    );
  };
