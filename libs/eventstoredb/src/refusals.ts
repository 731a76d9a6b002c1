// Finds out whether anything listens at the addresses of a store: the client does not say why it found no node.
import { connect } from 'node:net';
import type { Address } from './connection-settings.js';

/** Longer than a running machine needs to refuse. */
const DIAL_MS = 1_000;

/** Why each address refuses a connection, in the system's words; undefined if one accepts or stays silent. */
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
    // A name with several addresses gives one error for each of them.
    socket.once('error', (error) => end(error instanceof AggregateError ? error.errors.map(String).join(', ') : error.message));
    // An impossible port number throws instead of emitting an event.
  }).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
