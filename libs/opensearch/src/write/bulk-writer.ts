// Sends requests of `_bulk` and checks every item of every answer: the status of the whole says nothing.
import { dependsOnSize, ReadStoreUnavailable, StatementRefused, UnknownGeneration } from '@mainstem/projection/adapter';
import type { StatePlace } from '../layout/state-document.js';
import { isBusyAnswer, reasonIn, refusalOf, type OpenSearchConnection } from '../server/opensearch-connection.js';

const IN_FLIGHT_MAX = 2;
const ATTEMPTS_MAX = 8;
const CONFLICT = 409;
const NOT_FOUND = 404;
const BAD_REQUEST = 400;

interface BulkAnswer {
  readonly errors: boolean;
  readonly items?: readonly { readonly index: ItemAnswer }[];
}

interface ItemAnswer {
  readonly _id: string;
  readonly status: number;
  readonly error?: unknown;
}

interface MultiGetAnswer {
  readonly docs: readonly { readonly _id: string; readonly found?: boolean; readonly _version?: number }[];
}

/** The target, and the version of everything that is written. */
export interface BulkTarget extends StatePlace {
  readonly version: number;
}

/**
 * Resolves when every operation has taken effect and is durable, or a newer version has replaced it. It may be repeated
 * with the same requests. Errors: READ_STORE_UNKNOWN_GENERATION if the index is gone, READ_STORE_READ_ONLY,
 * READ_STORE_UNAVAILABLE if the server stays busy, READ_STORE_STATEMENT_REFUSED for a document that it will never
 * accept.
 */
export const sendRequests = async (connection: OpenSearchConnection, target: BulkTarget, requests: readonly string[]): Promise<void> => {
  const waiting = requests[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) await sendInParts(connection, target, next.value);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(IN_FLIGHT_MAX, requests.length) }, lane));
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
};

/** Splits a request that is too large for the server or a proxy in halves, down to one operation. */
const sendInParts = async (connection: OpenSearchConnection, target: BulkTarget, request: string): Promise<void> => {
  try {
    await sendRequest(connection, target, request);
  } catch (error) {
    const [first, second] = inHalves(request);
    if (!dependsOnSize(error) || second === undefined) throw error;
    await sendInParts(connection, target, first);
    await sendInParts(connection, target, second);
  }
};

const inHalves = (request: string): readonly [string, string?] => {
  const lines = request.split('\n');
  const middle = 2 * (lines.length >> 2); // two lines an operation, and nothing after the last one
  return middle === 0 ? [request] : [`${lines.slice(0, middle).join('\n')}\n`, lines.slice(middle).join('\n')];
};

/** Splits each request that is longer than `lengthMax` in two, if it has several operations. */
export const halves = (requests: readonly string[], lengthMax: number): readonly string[] =>
  requests.flatMap((request) => (request.length > lengthMax ? inHalves(request).filter((half) => half !== undefined) : [request]));

const sendRequest = async (connection: OpenSearchConnection, target: BulkTarget, request: string): Promise<void> => {
  let lines = request;
  for (let attempt = 1; ; attempt++) {
    const again = await send(connection, target, lines);
    if (again.length === 0) return;
    const [first] = again;
    if (attempt === ATTEMPTS_MAX) {
      const reason = `${again.length} operations refused, the first with ${reasonIn(first?.error)}`;
      throw refusalOf({ store: connection.store, status: first?.status ?? 0, reason });
    }
    lines = operationsOf(lines, new Set(again.map(({ _id }) => _id)));
    await connection.pause(attempt);
  }
};

/** The items to send again. */
const send = async (connection: OpenSearchConnection, target: BulkTarget, lines: string): Promise<readonly ItemAnswer[]> => {
  const query = { require_alias: 'true', filter_path: 'errors,items.*._id,items.*.status,items.*.error.type,items.*.error.reason' };
  const { body } = await connection.request<BulkAnswer>({ method: 'POST', path: `/${target.alias}/_bulk`, query, body: lines });
  if (!Array.isArray(body.items)) throw new ReadStoreUnavailable(connection.store, 'the answer to a bulk request lists no items');
  const failed = body.items.map(({ index }) => index).filter(({ status }) => status < 200 || status > 299);
  if (failed.some(({ status }) => status === NOT_FOUND)) throw new UnknownGeneration(target.projection, target.number);
  const hopeless = failed.find(({ status, error }) => status !== CONFLICT && !isBusyAnswer(status, error));
  if (hopeless?.status === BAD_REQUEST) {
    const problem = `document ${hopeless._id} of a batch that is committed: ${reasonIn(hopeless.error)}`;
    throw new StatementRefused(connection.store, `${problem}; undo the change of the index (its mapping, a pipeline), or rebuild the projection`);
  }
  if (hopeless)
    throw refusalOf({ store: connection.store, status: hopeless.status, reason: `document ${hopeless._id}: ${reasonIn(hopeless.error)}` });
  const outdone = await newerOnes(connection, target, failed);
  return failed.filter(({ _id }) => !outdone.has(_id));
};

/** A conflict is no failure if this or a newer version is stored: an earlier attempt or a later commit wrote it. */
const newerOnes = async (connection: OpenSearchConnection, target: BulkTarget, failed: readonly ItemAnswer[]): Promise<ReadonlySet<string>> => {
  const ids = failed.flatMap(({ _id, status }) => (status === CONFLICT ? [_id] : []));
  if (ids.length === 0) return new Set();
  const { body } = await connection.request<MultiGetAnswer>({
    method: 'POST',
    path: `/${target.alias}/_mget`,
    query: { _source: 'false' },
    body: JSON.stringify({ ids }),
  });
  return new Set(body.docs.flatMap(({ _id, _version = -1 }) => (_version >= target.version ? [_id] : [])));
};

const operationsOf = (request: string, ids: ReadonlySet<string>): string => {
  const lines = request.split('\n');
  let chosen = '';
  for (let line = 0; line + 1 < lines.length; line += 2) {
    const action = JSON.parse(lines[line] ?? '') as { readonly index: { readonly _id: string } };
    if (ids.has(action.index._id)) chosen += `${lines[line]}\n${lines[line + 1]}\n`;
  }
  return chosen;
};
