// Handles one append inside an open transaction: the rules decide, then it is inserted, repeated or refused.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  CopyGap,
  CopyOvertaken,
  WrongExpectedRevision,
  type AppendAllResult,
  type AppendResult,
  type EventMark,
  type Position,
  type Revision,
} from '@mainstem/event-store';
import {
  resultOfAll,
  ruleOnAppend,
  ruleOnAppendAll,
  type EncodedAppend,
  type EncodedAppendAll,
  type EncodedEvent,
  type EventCopy,
  type StreamState,
} from '@mainstem/event-store/adapter';
import { eventChecksum } from './event-checksum.js';
import { Names } from './names.js';
import type { OpenedFile } from './opened-file.js';

const STREAMS_KNOWN_MAX = 100_000;

/** The statements of one writing connection. Call `begin` in an open transaction, then `append` any number of times. */
export class AppendTransaction {
  readonly #streams: Names;
  readonly #types: Names;
  readonly #selectVersion: StatementSync;
  readonly #selectHead: StatementSync;
  readonly #selectLast: StatementSync;
  readonly #selectIds: StatementSync;
  readonly #selectPosition: StatementSync;
  readonly #selectId: StatementSync;
  readonly #selectBeyond: StatementSync;
  readonly #insertStream: StatementSync;
  readonly #insertType: StatementSync;
  readonly #insertEvent: StatementSync;
  /** Last revisions by stream, since the last append of another connection. */
  readonly #lasts = new Map<number, number>();
  readonly #opened: OpenedFile;
  #position = 0;
  #recordedAtMs = 0;

  constructor(database: DatabaseSync, opened: OpenedFile) {
    this.#opened = opened;
    this.#streams = new Names(database, 'streams');
    this.#types = new Names(database, 'types');
    this.#selectVersion = database.prepare('PRAGMA data_version');
    this.#selectHead = database.prepare('SELECT max(position) AS value FROM events');
    this.#selectLast = database.prepare('SELECT max(revision) AS value FROM events WHERE stream = ?');
    this.#selectIds = database.prepare('SELECT id FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?');
    this.#selectPosition = database.prepare('SELECT position AS value FROM events WHERE stream = ? AND revision = ?');
    this.#selectId = database.prepare('SELECT id FROM events WHERE position = ?');
    this.#selectBeyond = database.prepare(
      `SELECT 1 FROM events AS e JOIN streams AS s ON s.id = e.stream JOIN types AS t ON t.id = e.type
       WHERE e.position > ? AND substr(s.name, 1, 1) <> '$' AND substr(t.name, 1, 1) <> '$' LIMIT 1`,
    );
    this.#insertStream = database.prepare('INSERT INTO streams (name) VALUES (?)');
    this.#insertType = database.prepare('INSERT INTO types (name) VALUES (?)');
    this.#insertEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  }

  /** Errors: EVENT_STORE_FILE_REPLACED. */
  begin(recordedAtMs: number): void {
    const head = valueOf(this.#selectHead) ?? 0;
    this.#opened.assertNotSetBack(head);
    // If the head is where this connection left it, no stream has changed: events are only ever added.
    if (head !== this.#position || this.#lasts.size > STREAMS_KNOWN_MAX) this.#lasts.clear();
    this.#position = head;
    this.#recordedAtMs = recordedAtMs;
  }

  /** SQLite's count of commits by other connections and processes; undefined while the file is busy. */
  changesByOthers(): number | undefined {
    try {
      return Number(this.#selectVersion.get()?.['data_version']);
    } catch {
      // It only saves a read; that read then reports what is wrong.
      return undefined;
    }
  }

  /** Errors: EVENT_STORE_WRONG_EXPECTED_REVISION, without any change; after any other error, roll back. */
  append(append: EncodedAppend): AppendResult {
    const stream = this.#streams.idOf(append.stream);
    const state = this.#stateOf(append, stream);
    const ruling = ruleOnAppend(append, state);
    return ruling.kind === 'append' ? this.#insert(append, stream, state.last) : this.#placeAt(append, stream, ruling.last);
  }

  /** Rules on all streams before it writes to the first. Errors: those of `append`, EVENT_STORE_APPEND_PARTLY_KNOWN. */
  appendAll(all: EncodedAppendAll): AppendAllResult {
    const places = new Map(
      all.appends.map((append) => {
        const id = this.#streams.idOf(append.stream);
        return [append.stream, { id, state: this.#stateOf(append, id) }];
      }),
    );
    const placeOf = ({ stream }: Pick<EncodedAppend, 'stream'>) => places.get(stream) ?? { id: undefined, state: NO_STREAM };
    const ruling = ruleOnAppendAll(all, (stream) => placeOf({ stream }).state);
    const results = all.appends.map((append, index) => {
      if (append.events.length === 0) return undefined;
      const { id, state } = placeOf(append);
      return ruling.kind === 'append' ? this.#insert(append, id, state.last) : this.#placeAt(append, id, ruling.lasts[index] ?? -1);
    });
    return resultOfAll(results);
  }

  /** Errors, after which you roll back: EVENT_STORE_COPY_OVERTAKEN, EVENT_STORE_COPY_GAP. */
  appendCopies(copies: readonly EventCopy[], after: EventMark | undefined): EventMark {
    const isThere = after === undefined || this.#selectId.get(after.position)?.['id'] === after.id;
    // Only events of the server that shares the file may lie behind the last one.
    if (!isThere || this.#selectBeyond.get(after?.position ?? 0)) throw new CopyOvertaken(after?.id);
    for (const copy of copies) this.#insertCopy(copy);
    const { id } = copies.at(-1) as EventCopy;
    return { position: BigInt(this.#position) as Position, id };
  }

  /** Call it after a rollback. */
  forget(): void {
    this.#streams.forget();
    this.#types.forget();
    this.#lasts.clear();
  }

  #stateOf({ stream: name, expected }: EncodedAppend, stream: number | undefined): StreamState {
    if (stream === undefined) return NO_STREAM;
    const last = this.#lastOf(stream);
    // A tombstone of the server that shares the file: no event may follow it.
    if (last === Number.MAX_SAFE_INTEGER) throw new WrongExpectedRevision(name, String(expected), BigInt(last));
    return { last, idsFrom: (from, count) => this.#selectIds.all(stream, from, count).map((row) => String(row['id'])) };
  }

  #placeAt({ stream: name }: EncodedAppend, stream: number | undefined, revision: number): AppendResult {
    const position = stream === undefined ? undefined : valueOf(this.#selectPosition, stream, revision);
    if (position === undefined) throw new TypeError(`revision ${revision} of ${name} was there a moment ago`);
    return resultOf(revision, position);
  }

  #lastOf(stream: number): number {
    const known = this.#lasts.get(stream);
    if (known !== undefined) return known;
    const last = valueOf(this.#selectLast, stream) ?? -1;
    this.#lasts.set(stream, last);
    return last;
  }

  #insert({ stream: name, events }: EncodedAppend, known: number | undefined, last: number): AppendResult {
    const stream = known ?? this.#add(this.#streams, this.#insertStream, name);
    let revision = last;
    for (const event of events) this.#insertOne(event, { id: stream, name, revision: ++revision }, this.#recordedAtMs);
    this.#lasts.set(stream, revision);
    return resultOf(revision, this.#position);
  }

  #insertCopy(copy: EventCopy): void {
    const { stream: name, recordedAt } = copy;
    const id = this.#streams.idOf(name) ?? this.#add(this.#streams, this.#insertStream, name);
    const revision = this.#lastOf(id) + 1;
    if (copy.revision !== BigInt(revision)) throw new CopyGap(name, copy.revision);
    this.#insertOne(copy, { id, name, revision }, Date.parse(recordedAt));
    this.#lasts.set(id, revision);
  }

  #insertOne({ id, type, dataJson, metadataJson }: EncodedEvent, stream: StreamPlace, recordedAtMs: number): void {
    const { name, revision } = stream;
    const typeId = this.#types.idOf(type) ?? this.#add(this.#types, this.#insertType, type);
    const position = ++this.#position;
    const checksum = eventChecksum({ position, id, stream: name, revision, type, recordedAtMs, dataJson, metadataJson });
    this.#insertEvent.run(position, id, stream.id, revision, typeId, recordedAtMs, dataJson, metadataJson, checksum);
  }

  #add(names: Names, insert: StatementSync, name: string): number {
    const id = Number(insert.run(name).lastInsertRowid);
    names.remember(id, name);
    return id;
  }
}

interface StreamPlace {
  /** The number of the stream in the file. */
  readonly id: number;
  readonly name: string;
  readonly revision: number;
}

const NO_STREAM: StreamState = { last: -1, idsFrom: () => [] };

const resultOf = (revision: number, position: number): AppendResult => ({
  revision: BigInt(revision) as Revision,
  position: BigInt(position) as Position,
});

const valueOf = (statement: StatementSync, ...parameters: number[]): number | undefined => {
  const value = statement.get(...parameters)?.['value'];
  return typeof value === 'number' ? value : undefined;
};
