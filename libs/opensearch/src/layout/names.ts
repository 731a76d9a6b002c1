// Names of indices, aliases and documents.
import { createHash } from 'node:crypto';
import { toStorableText } from '@mainstem/projection/adapter';

/** The alias of the serving generation, for queries and other tools. */
export const servingAlias = (prefix: string, projection: string): string => `${prefix}-${indexPart(projection)}`;

/**
 * The alias through which one generation is read and written. Writes require an alias, so that no late write makes a
 * deleted index anew. The index behind it has a unique name, so that a former writer cannot reach its successor.
 */
export const generationAlias = (prefix: string, projection: string, number: number): string => `${servingAlias(prefix, projection)}-g${number}`;

export const indexName = (prefix: string, projection: string, number: number, uuid: string): string =>
  `${servingAlias(prefix, projection)}-${number}-${uuid.replaceAll('-', '').slice(0, 12)}`;

/** Matches all indices of a prefix, and perhaps others: their metadata decides. */
export const indexPattern = (prefix: string): string => `${prefix}-*`;

/** Counters and decisions, one document a projection. */
export const controlIndex = (prefix: string): string => `${prefix}.control`;

export const controlAlias = (prefix: string): string => `${controlIndex(prefix)}-alias`;

/** Index names are in lower case and have at most 255 bytes. */
const indexPart = (projection: string): string =>
  /^[a-z0-9-]{1,150}$/.test(projection)
    ? projection
    : `${projection
        .toLowerCase()
        .replace(/[^a-z0-9-]/g, '_')
        .slice(0, 100)}_${shortHash(projection)}`;

const shortHash = (text: string): string => hashOf(text).slice(0, 12);

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The server's limit for an id. */
const ID_BYTES_MAX = 512;

/** The id of a document; a key that is too long is replaced by its hash. */
export const documentId = (collection: string, key: string): string => {
  const id = `${collection}/${key}`;
  return id.length * 3 <= ID_BYTES_MAX || Buffer.byteLength(id) <= ID_BYTES_MAX ? id : `${collection}#${hashOf(key)}`;
};

/** The id of a part of the generation, from 0. */
export const stateId = (partition: number): string => (partition === 0 ? 'state' : `state#${partition}`);

/** Different keys give different texts. */
export const parkedKeyHash = (key: string): string => hashOf(toStorableText(key));

export const parkedId = (key: string, position: bigint): string => `parked#${parkedKeyHash(key)}/${position}`;

/** A batch of one part of a generation. */
export interface BatchName {
  readonly partition: number;
  readonly epoch: number;
  readonly commit: number;
}

/** The id of one document of a stored batch, from 0. Two batches alternate: one is needed until the next commit. */
export const intentId = ({ partition, epoch, commit }: BatchName, place: number): string =>
  `intent#${partition === 0 ? '' : `p${partition}/`}${epoch}/${commit % 2}/${place}`;
