// Documents to rows and back, exactly; columns are prepared, so a row costs only a few property reads.
import { InvalidDocument, type ProjectionDocument, type ScanEntry, type UnreadableDocument } from '@mainstem/projection/adapter';
import { describeKind, encoderOf, isStorableText, type ColumnKind, type Encoder, type SqlValue } from './column-kind.js';
import type { EntityLayout } from './entity-layout.js';
import { isUuid } from './exact-text.js';
import { STATE_COLUMN, STATE_PROPERTY } from './identifiers.js';

/** Turns a non-null value from a dialect's driver into a document's field. */
export type Decoder = (value: unknown) => unknown;

/** A column of a generation's table, in the order of rows. */
export interface TableColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly isKey: boolean;
}

/** Writes and reads the documents of one collection. */
export class DocumentCodec {
  /** Columns of a row; the hidden state comes last. */
  readonly columns: readonly TableColumn[];
  readonly #properties: readonly string[];
  readonly #encoders: readonly Encoder[];
  readonly #decoders: readonly Decoder[];
  readonly #nullable: readonly boolean[];

  constructor(
    private readonly collection: string,
    private readonly layout: EntityLayout,
    private readonly hasState: boolean,
    decoderOf: (kind: ColumnKind) => Decoder,
  ) {
    const { columns, keyIndex } = layout;
    const state: readonly TableColumn[] = hasState ? [{ name: STATE_COLUMN, kind: 'text', isKey: false }] : [];
    this.columns = [...columns.map(({ column, kind }, index) => ({ name: column, kind, isKey: index === keyIndex })), ...state];
    this.#properties = columns.map(({ property }) => property);
    this.#encoders = columns.map(({ kind, limits }) => encoderOf(kind, limits));
    this.#decoders = columns.map(({ kind }) => decoderOf(kind));
    this.#nullable = columns.map(({ isNullable }) => isNullable);
  }

  get keyColumn(): string {
    return this.columns[this.layout.keyIndex]?.name ?? '';
  }

  /** The keys that the key's column can hold; the others have no row. */
  storable(keys: readonly string[]): readonly string[] {
    const kind = this.columns[this.layout.keyIndex]?.kind;
    return keys.filter(kind === 'uuid' ? isUuid : isStorableText);
  }

  /** The field with the key, for documents that come without one. */
  keyOf(document: ProjectionDocument): string {
    const key = (document as Fields)[this.#properties[this.layout.keyIndex] ?? ''];
    return typeof key === 'string' ? key : '';
  }

  /** Adds a document's row to `row`, in the order of `columns`. Errors: READ_STORE_INVALID_DOCUMENT. */
  encode(key: string, document: ProjectionDocument, row: SqlValue[]): void {
    const fields = document as Fields;
    const properties = this.#properties;
    const start = row.length;
    for (let index = 0; index < properties.length; index++) {
      const value = fields[properties[index] as string];
      const encoded = value === null ? (this.#nullable[index] ? null : undefined) : (this.#encoders[index] as Encoder)(value);
      if (encoded === undefined) throw this.#unfit(key, index, value);
      row.push(encoded);
    }
    const { keyIndex } = this.layout;
    if (row[start + keyIndex] !== key) throw new InvalidDocument(this.collection, key, `its field ${properties[keyIndex]} must hold its key`);
    const count = properties.length + (this.hasState ? this.#encodeState(key, fields, row) : 0);
    if (Object.keys(fields).length !== count) throw this.#unknownField(key, fields);
  }

  /** The document of a row that was read in the order of `columns`. */
  decode(row: readonly unknown[]): ProjectionDocument {
    const properties = this.#properties;
    const document: Fields = {};
    for (let index = 0; index < properties.length; index++) {
      const value = row[index];
      document[properties[index] as string] = value === null ? null : (this.#decoders[index] as Decoder)(value);
    }
    const state = this.hasState ? row[properties.length] : null;
    if (state !== null) document[STATE_PROPERTY] = state;
    return document;
  }

  /** A row as an entry of a scan; a damaged row is shown as the driver returned it. */
  decodeEntry(row: readonly unknown[]): ScanEntry {
    const key = String(row[this.layout.keyIndex]);
    try {
      return [key, this.decode(row)];
    } catch {
      return [key, { $unreadable: row.map(String).join(', ') } satisfies UnreadableDocument]; // damaged: a scan must show it, and the rest
    }
  }

  /** Puts the state into the last column; returns how many of the document's fields that covers. */
  #encodeState(key: string, fields: Fields, row: SqlValue[]): 0 | 1 {
    const state = fields[STATE_PROPERTY];
    if (state !== undefined && !isStorableText(state)) {
      throw new InvalidDocument(this.collection, key, `${STATE_PROPERTY} must be text`);
    }
    row.push(state ?? null);
    return state === undefined ? 0 : 1;
  }

  #unfit(key: string, index: number, value: unknown): InvalidDocument {
    const column = this.layout.columns[index];
    if (!column) throw new RangeError(`no column ${index}`);
    const found = value === undefined ? 'is missing' : value === null ? 'is null' : `holds ${preview(value)}`;
    const wanted = `${describeKind(column.kind, column.limits)}${column.isNullable ? ' or null' : ''}`;
    return new InvalidDocument(this.collection, key, `field ${column.property} ${found}; its column takes ${wanted}`);
  }

  #unknownField(key: string, fields: Fields): InvalidDocument {
    const known = new Set(this.hasState ? [...this.#properties, STATE_PROPERTY] : this.#properties);
    const unknown = Object.keys(fields).filter((field) => !known.has(field));
    return new InvalidDocument(this.collection, key, `its entity ${this.layout.entity} has no column for ${unknown.join(', ')}`);
  }
}

type Fields = Record<string, unknown>;

const preview = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : typeof value === 'object' ? 'an object' : String(value);
  return text.slice(0, 80);
};
