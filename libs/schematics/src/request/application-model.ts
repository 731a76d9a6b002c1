// An application as it is asked for: its name, and the servers that it shall be able to use beside the embedded stores.
import { InvalidRequestText } from '../errors.js';
import { assertKebabName } from '../model/names.js';

export const EVENT_STORES = ['embedded', 'postgres', 'eventstoredb'] as const;
export const SQL_STORES = ['sqlite', 'postgres', 'mariadb'] as const;
export const CACHE_STORES = ['embedded', 'redis'] as const;
export const SEARCH_STORES = ['embedded', 'opensearch'] as const;

export interface ApplicationModel {
  readonly name: string;
  readonly eventStore: (typeof EVENT_STORES)[number];
  readonly sql: (typeof SQL_STORES)[number];
  readonly cache: (typeof CACHE_STORES)[number];
  readonly search: (typeof SEARCH_STORES)[number];
}

/** What package.json of an application says about Mainstem's own packages. */
export interface PackageSources {
  /** Of the packages, by name: `^0.1.0`, or `file:packages/mainstem-nest-0.1.0.tgz`. */
  readonly versionOf: (name: string) => string;
}

/** Names that npm or Node would take for something else. */
const TAKEN = ['node_modules', 'mainstem', 'test', 'src', 'apps', 'libs', 'dist'];

/** Errors: SCHEMATICS_INVALID_REQUEST. */
export const assertApplicationName = (name: string): void => {
  assertKebabName(name, 'an application');
  if (TAKEN.includes(name)) throw new InvalidRequestText(name, 'cannot name an application: a folder or a package has that name already.');
};

/** Each store that is a server, once. */
export const serversOf = ({ eventStore, sql, cache, search }: ApplicationModel): readonly string[] => [
  ...new Set([eventStore, sql, cache, search].filter((store) => store !== 'embedded' && store !== 'sqlite')),
];
