// A batch as lines for `_bulk`: text that is made once and may be sent several times.
import {
  encodeDocument,
  fieldWords,
  InvalidDocument,
  type CollectionChanges,
  type CommitBatch,
  type ParkedEvent,
  type ProjectionDocument,
  type SearchDeclaration,
  SEARCH_LENGTH_MAX,
  textsOf,
  toIndexedKey,
  toStorableText,
} from '@mainstem/projection/adapter';
import { fieldName } from '../layout/index-definition.js';
import { documentId, parkedId, parkedKeyHash } from '../layout/names.js';

/** A collection for writing: its place in the projection and its searched fields. */
export interface WrittenCollection {
  readonly place: number;
  readonly declaration: SearchDeclaration;
}

/** A request for `_bulk` and its number of operations. */
export interface BulkRequest {
  readonly lines: string;
  readonly count: number;
}

/** A document that may be too large for the server or a proxy. */
export interface LargeDocument {
  readonly collection: string;
  readonly key: string;
  /** In its written form. */
  readonly source: string;
  /** Its lines for `_bulk`. */
  readonly operation: string;
}

export interface BatchLines {
  readonly requests: readonly BulkRequest[];
  readonly large: readonly LargeDocument[];
}

const OPERATIONS_MAX = 5_000;
const REQUEST_LENGTH_MAX = 4_000_000;
/** The limit of one document in UTF-16 units: the server takes requests of 100 MB and holds several copies. */
const DOCUMENT_LENGTH_MAX = 10_000_000;
/** Longer documents are tried first: proxies accept a megabyte, and some servers not much more. */
const LARGE_LENGTH_MIN = 250_000;
/** The longest term of an index, in bytes. */
const KEY_BYTES_MAX = 32_000;
/** The longest field name for the server's parser. */
const NAME_LENGTH_MAX = 50_000;
/** One more than a query can hold: a longer word is found only by its beginning. */
const WORD_LENGTH_MAX = SEARCH_LENGTH_MAX + 1;
const POSITION_DIGITS = 20;

/**
 * Every change of a batch, in order. `version`: older versions lose. Errors: READ_STORE_INVALID_DOCUMENT for what the
 * server would refuse, before anything is sent.
 */
export const bulkRequests = (batch: CommitBatch, version: number, collections: ReadonlyMap<string, WrittenCollection>): BatchLines => {
  const requests = new RequestList(version);
  for (const changes of batch.changes) addChanges(requests, changes, collections.get(changes.collection));
  for (const { key, position } of batch.unpark ?? []) requests.add(parkedId(key, position), DELETED);
  for (const event of batch.park ?? []) requests.add(parkedId(event.key, event.position), parkedSource(event));
  return { requests: requests.finish(), large: requests.large };
};

/** As text it sorts like the number. */
export const paddedPosition = (position: bigint): string => position.toString().padStart(POSITION_DIGITS, '0');

export const DELETED_KIND = 'deleted';

/** Stays in place of the document: without it, a late write would bring the document back. */
const DELETED = JSON.stringify({ kind: DELETED_KIND });

const addChanges = (requests: RequestList, { collection, upserts, deletes }: CollectionChanges, written: WrittenCollection | undefined): void => {
  if (!written) throw new TypeError(`the projection declares no collection ${collection}`);
  for (const key of deletes) requests.add(documentId(collection, key), DELETED);
  for (const [key, document] of upserts) {
    const source = documentSource(collection, key, document, written);
    const operation = requests.add(documentId(collection, key), source);
    if (source.length >= LARGE_LENGTH_MIN) requests.large.push({ collection, key, source, operation });
  }
};

const documentSource = (collection: string, key: string, document: ProjectionDocument, written: WrittenCollection): string => {
  const json = encodeDocument(collection, key, document);
  if (json.length > DOCUMENT_LENGTH_MAX) {
    throw new InvalidDocument(collection, key, `it has ${json.length} characters as JSON; at most ${DOCUMENT_LENGTH_MAX} can be stored`);
  }
  if (key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX) {
    throw new InvalidDocument(collection, key, `its key has more than ${KEY_BYTES_MAX} bytes`);
  }
  if (json.length > NAME_LENGTH_MAX && hasLongName(document)) {
    throw new InvalidDocument(collection, key, `a field has a name of more than ${NAME_LENGTH_MAX} characters`);
  }
  const { words, filters } = searchedOf(collection, key, document, written);
  const searched = `${words ? `,"words":${JSON.stringify(words)}` : ''}${filters ? `,"filters":${JSON.stringify(filters)}` : ''}`;
  return `{"kind":"document","collection":${JSON.stringify(collection)},"key":${JSON.stringify(key)}${searched},"document":${json}}`;
};

const hasLongName = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.entries(value).some(([name, field]) => name.length > NAME_LENGTH_MAX || hasLongName(field));

/** The searched content of a document, by index field; undefined if nothing is declared. */
export interface Searched {
  readonly words: Readonly<Record<string, string>> | undefined;
  readonly filters: Readonly<Record<string, readonly string[]>> | undefined;
}

/** Errors: READ_STORE_INVALID_DOCUMENT for fields without text. */
export const searchedOf = (
  collection: string,
  key: string,
  document: ProjectionDocument,
  { place, declaration: { text, filters } }: WrittenCollection,
): Searched => {
  const named = <Value>(values: readonly Value[]): Record<string, Value> | undefined =>
    values.length === 0 ? undefined : Object.fromEntries(values.map((value, field) => [fieldName(place, field), value]));
  return {
    words: named(fieldWords(collection, key, document, text).map((words) => (words.length > WORD_LENGTH_MAX ? shortened(words) : words))),
    filters: named(filters.map((field) => textsOf(collection, key, document, field).map(beginning))),
  };
};

const shortened = (words: string): string => words.split(' ').map(beginning).join(' ');

/** Never ends with half of a surrogate pair. */
const beginning = (text: string): string =>
  text.length <= WORD_LENGTH_MAX
    ? text
    : text.slice(0, (text.codePointAt(WORD_LENGTH_MAX - 1) ?? 0) > 0xffff ? WORD_LENGTH_MAX - 1 : WORD_LENGTH_MAX);

const parkedSource = (event: ParkedEvent): string => {
  const [key, error, type, stream] = [event.key, event.error, event.type, event.stream].map(toStorableText);
  const document = { ...event, key, error, type, stream, position: event.position.toString(), revision: event.revision.toString() };
  const indexed = toIndexedKey(event.key, KEY_BYTES_MAX).text;
  return JSON.stringify({ kind: 'parked', key: indexed, parkedKey: parkedKeyHash(event.key), place: paddedPosition(event.position), document });
};

class RequestList {
  readonly large: LargeDocument[] = [];
  readonly #requests: BulkRequest[] = [];
  #lines: string[] = [];
  #length = 0;

  constructor(private readonly version: number) {}

  add(id: string, source: string): string {
    const operation = `{"index":{"_id":${JSON.stringify(id)},"version":${this.version},"version_type":"external_gte"}}\n${source}\n`;
    this.#lines.push(operation);
    this.#length += source.length;
    if (this.#lines.length >= OPERATIONS_MAX || this.#length >= REQUEST_LENGTH_MAX) this.#cut();
    return operation;
  }

  finish(): readonly BulkRequest[] {
    if (this.#lines.length > 0) this.#cut();
    return this.#requests;
  }

  #cut(): void {
    this.#requests.push({ lines: this.#lines.join(''), count: this.#lines.length });
    this.#lines = [];
    this.#length = 0;
  }
}
