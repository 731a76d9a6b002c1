// The index of one generation: settings, mapping, and what it says of itself.
import type { SearchCollections } from '@mainstem/projection';
import { encodeDeclaration, decodeDeclaration, type ProjectionDescriptor, type SearchDeclaration } from '@mainstem/projection/adapter';

/** What never changes of a generation. Kept with the mapping, so that it goes with the index. */
export interface GenerationMeta {
  readonly prefix: string;
  readonly projection: string;
  readonly number: number;
  readonly version: number;
  readonly fingerprint: string;
  readonly incarnation: string;
  readonly isSide: boolean;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  readonly collections: readonly CollectionMeta[];
  /** Parts that it is split into; absent where it is not. */
  readonly partitions?: number;
  /** It was made to be filled in bulk; absent where it was not. */
  readonly wasBulk?: true;
}

export interface CollectionMeta {
  readonly name: string;
  readonly hasState: boolean;
  /** As `encodeDeclaration` gives it. */
  readonly declaration: string;
}

export interface IndexSettings {
  readonly replicas: number;
}

/** What a projection's collections make searchable. Errors: PROJECTION_INVALID_DEFINITION. */
export const collectionsOf = ({ collections }: ProjectionDescriptor, searched: SearchCollections): readonly CollectionMeta[] =>
  collections.map(({ name, hasState }) => ({ name, hasState, declaration: encodeDeclaration(name, searched[name]) }));

/** One shard: a generation is one ordered log of changes on the server, of which every view and every recovery is a prefix. */
export const indexDefinition = (meta: GenerationMeta, { replicas }: IndexSettings): object => ({
  settings: {
    'index.number_of_shards': 1,
    'index.number_of_replicas': replicas,
    'index.mapping.total_fields.limit': FIELDS_LIMIT,
    // One word a blank: words are made here, by the one definition.
    'analysis.analyzer.words': { type: 'custom', tokenizer: 'blanks' },
    'analysis.tokenizer.blanks': { type: 'whitespace', max_token_length: 32_000 },
    ...(meta.wasBulk && { 'index.refresh_interval': '-1' }),
  },
  mappings: {
    dynamic: false,
    _meta: { mainstem: meta },
    properties: {
      kind: { type: 'keyword' },
      collection: { type: 'keyword' },
      key: { type: 'keyword' },
      // Kept and never looked into, whatever it holds.
      document: { type: 'object', enabled: false },
      words: { properties: fieldsOf(meta, ({ text }) => text, { type: 'text', analyzer: 'words', index_options: 'freqs' }) },
      filters: { properties: fieldsOf(meta, ({ filters }) => filters, { type: 'keyword', doc_values: false }) },
      place: { type: 'keyword' },
      parkedKey: { type: 'keyword', doc_values: false },
      epoch: { type: 'long' },
    },
  },
});

/** The index makes anew what was left out while it was filled. */
export const QUERY_SETTINGS = JSON.stringify({ index: { refresh_interval: null } });

const FIELDS_LIMIT = 10_000;

/** Words and filters stand in numbered fields: names of fields may hold anything. Each collection has its own, so that none counts in another's ranking. */
export const fieldName = (collection: number, field: number): string => `${collection}_${field}`;

const fieldsOf = (meta: GenerationMeta, names: (declaration: SearchDeclaration) => readonly string[], mapping: object): Record<string, object> =>
  Object.fromEntries(
    meta.collections.flatMap(({ declaration }, collection) =>
      names(decodeDeclaration(declaration)).map((_, field) => [fieldName(collection, field), mapping]),
    ),
  );
