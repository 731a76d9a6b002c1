// The index of one generation: its settings, its mapping, and its own description.
import type { SearchCollections } from '@mainstem/projection';
import { encodeDeclaration, decodeDeclaration, type ProjectionDescriptor, type SearchDeclaration } from '@mainstem/projection/adapter';

/** The fixed properties of a generation. They are stored with the mapping and vanish with the index. */
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
  /** The number of parts; absent if it is not partitioned. */
  readonly partitions?: number;
  /** True if it was made to be filled in bulk; absent otherwise. */
  readonly wasBulk?: true;
}

export interface CollectionMeta {
  readonly name: string;
  readonly hasState: boolean;
  /** In the form of `encodeDeclaration`. */
  readonly declaration: string;
}

export interface IndexSettings {
  readonly replicas: number;
}

/** What the collections of a projection make searchable. Errors: PROJECTION_INVALID_DEFINITION. */
export const collectionsOf = ({ collections }: ProjectionDescriptor, searched: SearchCollections): readonly CollectionMeta[] =>
  collections.map(({ name, hasState }) => ({ name, hasState, declaration: encodeDeclaration(name, searched[name]) }));

/** One shard: a generation is one ordered log of changes, of which every view and every recovery is a prefix. */
export const indexDefinition = (meta: GenerationMeta, { replicas }: IndexSettings): object => ({
  settings: {
    'index.number_of_shards': 1,
    'index.number_of_replicas': replicas,
    'index.mapping.total_fields.limit': FIELDS_LIMIT,
    // Words are split at blanks: our own definition of a word makes the text.
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
      // Stored but never searched, whatever it holds.
      document: { type: 'object', enabled: false },
      words: { properties: fieldsOf(meta, ({ text }) => text, { type: 'text', analyzer: 'words', index_options: 'freqs' }) },
      filters: { properties: fieldsOf(meta, ({ filters }) => filters, { type: 'keyword', doc_values: false }) },
      place: { type: 'keyword' },
      parkedKey: { type: 'keyword', doc_values: false },
      epoch: { type: 'long' },
    },
  },
});

/** The index builds what was left out during the bulk load. */
export const QUERY_SETTINGS = JSON.stringify({ index: { refresh_interval: null } });

const FIELDS_LIMIT = 10_000;

/** Fields have numbers, because names may hold anything. No collection affects another one's ranking. */
export const fieldName = (collection: number, field: number): string => `${collection}_${field}`;

const fieldsOf = (meta: GenerationMeta, names: (declaration: SearchDeclaration) => readonly string[], mapping: object): Record<string, object> =>
  Object.fromEntries(
    meta.collections.flatMap(({ declaration }, collection) =>
      names(decodeDeclaration(declaration)).map((_, field) => [fieldName(collection, field), mapping]),
    ),
  );
