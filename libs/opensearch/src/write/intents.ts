// Storing a batch as a whole commits it; then its documents are written. The next process finishes an unfinished batch.
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { dependsOnSize, ReadStoreUnavailable } from '@mainstem/projection/adapter';
import { intentId } from '../layout/names.js';
import { changeState, reachedIn, type Intent, type State, type StatePlace, type StoredRequests } from '../layout/state-document.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import { halves, sendRequests } from './bulk-writer.js';

/** A small batch is stored in the state document as it is, a larger one packed: one request less. In UTF-16 units. */
const PLAIN_LENGTH_MAX = 16_000;
const PACKED_LENGTH_MAX = 1_000_000;

type Packed = Exclude<StoredRequests, number>;

/** One document of a batch that is too large for the state document. */
export interface StoredPart {
  readonly commit: number;
  readonly requests: Packed;
}

interface PartAnswer {
  readonly _source?: StoredPart;
}

const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

/** Fast packing: it is written once and rarely read. A fifth of the length. */
const packed = async (request: string): Promise<Exclude<Packed, readonly string[]>> => ({
  packed: (await deflated(request, { level: 1 })).toString('base64'),
});

export const unpacked = async (requests: Packed): Promise<readonly string[]> =>
  'packed' in requests ? [(await inflated(Buffer.from(requests.packed, 'base64'))).toString()] : requests;

type Batch = Pick<Intent, 'epoch' | 'commit'> & { readonly requests: readonly string[] };

/**
 * What the state document stores of a batch. A very large batch is stored here in separate documents, which mean
 * nothing until the state document names them. `isApart`: store all but the smallest separately, because the state
 * document became too large. Errors: those of `sendRequests`.
 */
export const storeRequests = async (connection: OpenSearchConnection, place: StatePlace, batch: Batch, isApart: boolean): Promise<StoredRequests> => {
  const { requests } = batch;
  if (requests.reduce((length, request) => length + request.length, 0) <= PLAIN_LENGTH_MAX) return requests;
  const parts = await Promise.all(requests.map(packed));
  const [first] = parts;
  if (!isApart && first && parts.length === 1 && first.packed.length <= PACKED_LENGTH_MAX) return first;
  return storeParts(connection, place, batch, parts);
};

/** A document that is too large for the server or a proxy is split, down to one operation. */
const storeParts = async (connection: OpenSearchConnection, place: StatePlace, batch: Batch, packedParts: readonly Packed[]): Promise<number> => {
  let requests = batch.requests;
  let parts = packedParts;
  for (;;) {
    const lines = parts.map((part, index) => {
      const _id = intentId({ partition: place.partition, epoch: batch.epoch, commit: batch.commit }, index);
      return `${JSON.stringify({ index: { _id, version: batch.commit, version_type: 'external_gte' } })}\n${partSource(batch, part)}\n`;
    });
    try {
      await sendRequests(connection, { ...place, version: batch.commit }, lines);
      return parts.length;
    } catch (error) {
      const smaller = halves(requests, Math.max(...requests.map(({ length }) => length)) / 2);
      if (!dependsOnSize(error) || smaller.length === requests.length) throw error;
      requests = smaller;
      parts = await Promise.all(requests.map(shortest));
    }
  }
};

const partSource = ({ epoch, commit }: Pick<Intent, 'epoch' | 'commit'>, requests: Packed): string =>
  JSON.stringify({ kind: 'intent', epoch, commit, requests });

/** If packing makes it longer, it is stored as it is. */
const shortest = async (request: string): Promise<Packed> => {
  const small = await packed(request);
  return small.packed.length < request.length ? small : [request];
};

/** The longest form in which a document is sent while its batch is stored. */
export const partOf = async (batch: Pick<Intent, 'epoch' | 'commit'>, operation: string): Promise<string> =>
  partSource(batch, await shortest(operation));

/** Errors: READ_STORE_UNAVAILABLE. */
export const loadRequests = async (connection: OpenSearchConnection, place: StatePlace, intent: Intent): Promise<readonly string[]> => {
  const { commit, requests } = intent;
  if (typeof requests !== 'number') return unpacked(requests);
  const loaded: string[] = [];
  for (let part = 0; part < requests; part++) {
    const path = `/${place.alias}/_doc/${encodeURIComponent(intentId({ ...intent, partition: place.partition }, part))}`;
    const { body } = await connection.request<PartAnswer>({ method: 'GET', path, expected: [404] });
    if (body._source?.commit !== commit) {
      throw new ReadStoreUnavailable(connection.store, `part ${part} of a committed batch of ${place.projection} is missing; rebuild the projection`);
    }
    loaded.push(...(await unpacked(body._source.requests)));
  }
  return loaded;
};

/** Writes what a batch says, then notes that it is written. Errors: those of `sendRequests` and `changeState`. */
export const finishIntent = async (
  connection: OpenSearchConnection,
  place: StatePlace,
  from: State,
  { requests, updatedAt }: { readonly requests?: readonly string[]; readonly updatedAt: string },
): Promise<State> => {
  const { intent } = from.body;
  if (!intent) return from;
  await sendRequests(connection, { ...place, version: intent.commit }, requests ?? (await loadRequests(connection, place, intent)));
  return changeState(connection, place, from, { ...reachedIn(from.body), intent: null, updatedAt });
};
