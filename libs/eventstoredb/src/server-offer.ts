// What a server offers beside EventStoreDB's protocol: asked by a call without a request.
import { APPEND_ALL } from './append-call.js';
import type { OpenCall } from './guarded-client.js';

/** The status of gRPC for a connection that fails. */
const UNAVAILABLE = 14;

/** Whether the server takes an append to several streams. Errors: those of a connection that fails. */
export const offersAppendAll = async (openCall: OpenCall): Promise<boolean> => {
  const call = await openCall(APPEND_ALL.path, APPEND_ALL.decode);
  return new Promise((resolve, reject) => {
    // Other servers do not know the method, and what stands before a server may answer it in any way.
    call.on('error', (error: unknown) => {
      if ((error as { readonly code?: unknown }).code === UNAVAILABLE) reject(error);
      else resolve(false);
    });
    call.on('end', () => resolve(true));
    // Without a listener the end is not told.
    call.on('data', () => undefined);
    call.end();
  });
};
