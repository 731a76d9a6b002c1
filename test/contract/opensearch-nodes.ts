// OpenSearch nodes for the suites: the shared one of OPENSEARCH_URL, and private ones. Each store has its own prefix.
import { randomBytes } from 'node:crypto';
import { OpenSearchReadStore, type OpenSearchOptions } from '@mainstem/opensearch';

/** A node that a suite started itself. */
export interface OpenSearchNode {
  readonly url: string;
  readonly port: number;
  readonly version: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

export interface NodeOptions {
  readonly version?: { readonly runner: string; readonly javaMin: number; readonly javaMax?: number };
  readonly folder?: string;
  readonly port?: number;
}

interface NodeScript {
  readonly startOpenSearch: (options?: NodeOptions) => Promise<OpenSearchNode>;
  readonly OPENSEARCH_2: NonNullable<NodeOptions['version']>;
}

const script = async (): Promise<NodeScript> => (await import(new URL('../../scripts/services/opensearch.mjs', import.meta.url).href)) as NodeScript;

/** Gone with `stop`, or with this process. Errors: says what is missing on this machine. */
export const startNode = async (options: NodeOptions = {}): Promise<OpenSearchNode> => (await script()).startOpenSearch(options);

export const startOlderNode = async (): Promise<OpenSearchNode> => {
  const { startOpenSearch, OPENSEARCH_2 } = await script();
  return startOpenSearch({ version: OPENSEARCH_2 });
};

/** The node of OPENSEARCH_URL; undefined where there is none, which is a failure under CI. */
export const sharedNode = async (): Promise<string | undefined> => {
  const url = process.env['OPENSEARCH_URL'] ?? 'http://127.0.0.1:9200';
  const isThere = await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
  if (isThere || process.env['CI']) return url;
  console.warn('OpenSearch was not found (OPENSEARCH_URL, else 127.0.0.1:9200): its tests are left out.');
  return undefined;
};

/** No other program's indices begin like this. */
export const freshPrefix = (): string => `ms_test_${randomBytes(6).toString('hex')}`;

export const openStore = (url: string, prefix: string, options: OpenSearchOptions = {}): Promise<OpenSearchReadStore> =>
  OpenSearchReadStore.open({ url, prefix, replicas: 0 }, options);

/** Deletes all indices of a prefix. */
export const removeIndices = async (url: string, prefix: string): Promise<void> => {
  const answer = await fetch(`${url}/${prefix}*?expand_wildcards=all`, { method: 'DELETE' });
  if (!answer.ok && answer.status !== 404) throw new Error(`indices of ${prefix} could not be deleted: ${await answer.text()}`);
};

/** Changes what stands beside one document, without the store; `fields` are merged into what is there. */
export const changeBeside = async (url: string, alias: string, id: string, fields: object): Promise<void> => {
  const answer = await fetch(`${url}/${alias}/_update/${encodeURIComponent(id)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ doc: fields }),
  });
  if (!answer.ok) throw new Error(`${id} of ${alias} could not be changed: ${await answer.text()}`);
};
