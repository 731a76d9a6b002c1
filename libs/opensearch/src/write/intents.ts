// A batch is committed by storing it as a whole, and then written document by document: whoever finds it unfinished finishes it.
import { ReadStoreUnavailable } from '@mainstem/projection';
import { intentId } from '../generation/names.js';
import { changeState, type Intent, type State, type StatePlace } from '../generation/state-document.js';
import { STORE_NAME, type SearchServer } from '../server/search-server.js';
import { sendRequests } from './bulk-writer.js';

/** A small batch stands in the state document itself: one request less. */
const INLINE_LENGTH_MAX = 64_000;

interface StoredPart {
  readonly _source?: { readonly commit: number; readonly request: string };
  readonly found?: boolean;
}

/**
 * What the state document is to say of a batch. A large one is stored here, in documents that no other session writes and that mean nothing until
 * the state document names them. Errors: as `sendRequests`.
 */
export const storeRequests = async (
  server: SearchServer,
  place: StatePlace,
  { epoch, commit, requests }: Pick<Intent, 'epoch' | 'commit'> & { readonly requests: readonly string[] },
): Promise<Intent['requests']> => {
  if (requests.reduce((length, request) => length + request.length, 0) <= INLINE_LENGTH_MAX) return requests;
  const parts = requests.map((request, part) => {
    const action = JSON.stringify({ index: { _id: intentId(epoch, part), version: commit, version_type: 'external_gte' } });
    return `${action}\n${JSON.stringify({ kind: 'intent', epoch, commit, request })}\n`;
  });
  await sendRequests(server, { ...place, version: commit }, parts);
  return parts.length;
};

/** Errors: READ_STORE_UNAVAILABLE. */
export const loadRequests = async (server: SearchServer, place: StatePlace, { epoch, commit, requests }: Intent): Promise<readonly string[]> => {
  if (typeof requests !== 'number') return requests;
  const loaded: string[] = [];
  for (let part = 0; part < requests; part++) {
    const path = `/${place.alias}/_doc/${encodeURIComponent(intentId(epoch, part))}`;
    const { body } = await server.request<StoredPart>({ method: 'GET', path, expected: [404] });
    if (body._source?.commit !== commit) {
      throw new ReadStoreUnavailable(
        STORE_NAME,
        `part ${part} of a batch of ${place.projection} that was committed is missing; rebuild the projection`,
      );
    }
    loaded.push(body._source.request);
  }
  return loaded;
};

/** Writes what a batch says, and notes that it is written. Errors: as `sendRequests` and `changeState`. */
export const finishIntent = async (
  server: SearchServer,
  place: StatePlace,
  from: State,
  { requests, updatedAt }: { readonly requests?: readonly string[]; readonly updatedAt: string },
): Promise<State> => {
  const { intent } = from.body;
  if (!intent) return from;
  await sendRequests(server, { ...place, version: intent.commit }, requests ?? (await loadRequests(server, place, intent)));
  return changeState(server, place, from, { position: intent.to, digest: intent.digest, intent: null, updatedAt });
};
