// Where on which server of OpenSearch or Elasticsearch, from the application's settings.
import { InvalidOpenSearchOptions } from '../errors.js';

/** The URL may hold a password. */
export interface OpenSearchLocation {
  /** `http(s)://user:password@host:9200`; several nodes share one address. */
  readonly url: string;
  /** The beginning of every index and alias: lower-case letters, digits and underscores. Default `mainstem`. */
  readonly prefix?: string;
  /** Copies of each index on other nodes. Default 1; a cluster of one node keeps none. */
  readonly replicas?: number;
}

const PREFIX_DEFAULT = 'mainstem';
const REPLICAS_DEFAULT = 1;
const PREFIX = /^[a-z][a-z0-9_]{0,31}$/;

/** Checks a location. Errors: READ_STORE_INVALID_OPTIONS. */
export const openSearchTargetOf = ({
  url,
  prefix = PREFIX_DEFAULT,
  replicas = REPLICAS_DEFAULT,
}: OpenSearchLocation): Required<OpenSearchLocation> => {
  const flaw = flawOfUrl(url) ?? flawOfPrefix(prefix);
  if (flaw !== undefined) throw new InvalidOpenSearchOptions(flaw);
  return { url, prefix, replicas };
};

export const isServerUrl = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text);

/** Why it cannot be used, as the end of a sentence; undefined if it can. */
export const flawOfUrl = (url: string): string | undefined => {
  if (!isServerUrl(url)) return 'its URL must begin with http:// or https://';
  const { username, password } = new URL(url);
  try {
    decodeURIComponent(`${username}${password}`);
    return undefined;
  } catch {
    return 'its URL has a % that is not followed by two hex digits; write %25 for it';
  }
};

/** Why it cannot be a prefix, as the end of a sentence; undefined if it can. */
export const flawOfPrefix = (prefix: string): string | undefined =>
  PREFIX.test(prefix) ? undefined : 'its prefix must be 1 to 32 lower-case letters, digits and underscores';
