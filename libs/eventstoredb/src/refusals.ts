// Whether anything listens at the addresses of a store: the client's search for a node does not say why it found none.
import { connect } from 'node:net';
import type { Address } from './connection-settings.js';

/** Longer than a machine that is there takes to refuse. */
const DIAL_MS = 1_000;

/** Why each address refuses a connection, in the system's words; undefined when one of them takes it, or says nothing in time. Errors: none. */
export const refusals = async (addresses: readonly Address[]): Promise<string | undefined> => {
  const each = await Promise.all(addresses.map(refusalAt));
  return each.includes(undefined) ? undefined : each.join(', ');
};

const refusalAt = ({ host, port }: Address): Promise<string | undefined> =>
  new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port, timeout: DIAL_MS });
    const end = (reason?: string): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end());
    // Of a name with several addresses: one error for each of them.
    socket.once('error', (error) => end(error instanceof AggregateError ? error.errors.map(String).join(', ') : error.message));
    // Thrown, not told by an event: a port that no system has.
  }).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
