// Handles one write inside an open transaction: the rules decide, then it is inserted, repeated or refused.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { eventChecksum, type Names, type OpenedFile } from '@mainstem/embedded/events-file';
import type { ExpectedVersion } from '../semantics/expected-version.js';
import { DELETED_METADATA, isMetastream, METADATA_TYPE, metastreamOf, originalOf, undeletedMetadata } from '../semantics/stream-metadata.js';
import { isSoftDeleted, TOMBSTONE_REVISION, TOMBSTONE_TYPE } from '../semantics/stream-state.js';
import { ruleOnWrite } from '../semantics/write-ruling.js';
import type { ProposedEvent } from '../semantics/log-event.js';
import { LogLookup } from './log-lookup.js';
import { RecentIds } from './recent-ids.js';
import { rawChecksum, storedForm } from './stored-form.js';

export interface Write {
  readonly stream: string;
  readonly expected: ExpectedVersion;
}

export interface Append extends Write {
  readonly events: readonly ProposedEvent[];
}

export type WriteOutcome =
  /** `revision` is −1 for a write without events to a stream without events. */
  | { readonly kind: 'written'; readonly revision: number; readonly position: number }
  /** `current` is −1 for a stream without events. */
  | { readonly kind: 'wrong-version'; readonly current: number }
  | { readonly kind: 'stream-deleted' };

/** The statements of the writing connection. Call `begin` in a transaction, then the other methods at will. */
export class LogTransaction {
  readonly #lookup: LogLookup;
  readonly #recent = new RecentIds();
  readonly #opened: OpenedFile;
  readonly #newId: () => string;
  readonly #insertStream: StatementSync;
  readonly #insertType: StatementSync;
  readonly #insertEvent: StatementSync;
  readonly #insertRaw: StatementSync;
  #position = 0;
  #recordedAtMs = 0;

  constructor(database: DatabaseSync, opened: OpenedFile, newId: () => string) {
    this.#opened = opened;
    this.#lookup = new LogLookup(database);
    this.#newId = newId;
    this.#insertStream = database.prepare('INSERT INTO streams (name) VALUES (?)');
    this.#insertType = database.prepare('INSERT INTO types (name) VALUES (?)');
    this.#insertEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#insertRaw = database.prepare('INSERT INTO raw_events VALUES (?, ?, ?, ?, ?)');
  }

  /** Errors: EVENT_STORE_FILE_REPLACED. */
  begin(recordedAtMs: number): void {
    this.#position = this.#lookup.head();
    this.#opened.assertNotSetBack(this.#position);
    this.#recordedAtMs = recordedAtMs;
  }

  append({ stream, expected, events }: Append): WriteOutcome {
    const ruled = this.#rule({ stream, expected }, events);
    if ('outcome' in ruled) return ruled.outcome;
    const original = isMetastream(stream) ? originalOf(stream) : undefined;
    const wakes = original !== undefined && events.length > 0 && isSoftDeleted(this.#lookup.stateOf(original));
    const { last, isDeleted } = ruled;
    for (const [index, event] of events.entries()) this.#insert(stream, last + 1 + index, event);
    const written: WriteOutcome = { kind: 'written', revision: last + events.length, position: this.#position };
    // A write without events, too, makes the stream exist, without events.
    if (isDeleted) this.#undelete(stream, last + 1);
    if (wakes) this.#undelete(original, this.#lookup.stateOf(original).last + 1);
    return written;
  }

  /** Soft delete: writes into the metadata stream that nothing is shown. */
  softDelete(write: Write): WriteOutcome {
    const ruled = this.#rule(write, [this.#event(METADATA_TYPE, '')]);
    if ('outcome' in ruled) return ruled.outcome;
    if (ruled.last < 0 && !ruled.hasMetadata) return { kind: 'wrong-version', current: -1 };
    return this.#note(write.stream, DELETED_METADATA);
  }

  /** Deletes for ever. It also works for a stream that was never written. */
  tombstone(write: Write): WriteOutcome {
    const event = this.#event(TOMBSTONE_TYPE, '');
    const ruled = this.#rule(write, [event]);
    if ('outcome' in ruled) return ruled.outcome;
    this.#insert(write.stream, TOMBSTONE_REVISION, event);
    return { kind: 'written', revision: TOMBSTONE_REVISION, position: this.#position };
  }

  /** Call it after a rollback: everything seen in the transaction is void. */
  forget(): void {
    this.#lookup.forget();
    this.#recent.forget();
  }

  #rule(
    { stream, expected }: Write,
    events: readonly ProposedEvent[],
  ): { readonly outcome: WriteOutcome } | { readonly last: number; readonly isDeleted: boolean; readonly hasMetadata: boolean } {
    const state = this.#lookup.stateOf(stream);
    const ids = events.map((event) => event.id);
    const ruling = ruleOnWrite(expected, ids, state, {
      idAt: (revision) => this.#lookup.eventAt(stream, revision)?.id,
      recentRevisionOf: (id) => this.#recent.revisionOf(id, stream),
    });
    if (ruling.kind === 'append') return { last: state.last, isDeleted: isSoftDeleted(state), hasMetadata: state.hasMetadata };
    if (ruling.kind === 'wrong-version') return { outcome: { kind: 'wrong-version', current: state.last } };
    if (ruling.kind === 'stream-deleted') return { outcome: { kind: 'stream-deleted' } };
    const position = this.#lookup.eventAt(stream, ruling.last)?.position ?? this.#position;
    return { outcome: { kind: 'written', revision: ruling.last, position } };
  }

  #undelete(stream: string, from: number): void {
    this.#note(stream, undeletedMetadata(this.#lookup.metadataJson(stream) ?? '{}', from));
  }

  #note(stream: string, json: string): WriteOutcome {
    const metastream = metastreamOf(stream);
    const revision = this.#lookup.stateOf(metastream).last + 1;
    this.#insert(metastream, revision, this.#event(METADATA_TYPE, json));
    return { kind: 'written', revision, position: this.#position };
  }

  #event(type: string, json: string): ProposedEvent {
    return { id: this.#newId(), type, isJson: json !== '', data: Buffer.from(json), metadata: Buffer.alloc(0) };
  }

  #insert(stream: string, revision: number, event: ProposedEvent): void {
    const streamId = this.#number(this.#lookup.streams, this.#insertStream, stream);
    const typeId = this.#number(this.#lookup.types, this.#insertType, event.type);
    const { dataJson, metadataJson, isRaw } = storedForm(event);
    const position = ++this.#position;
    const { id, type } = event;
    const recordedAtMs = this.#recordedAtMs;
    const checksum = eventChecksum({ position, id, stream, revision, type, recordedAtMs, dataJson, metadataJson });
    this.#insertEvent.run(position, id, streamId, revision, typeId, recordedAtMs, dataJson, metadataJson, checksum);
    if (isRaw) this.#insertRaw.run(position, event.isJson ? 1 : 0, event.data, event.metadata, rawChecksum(position, event));
    this.#recent.remember(event.id, stream, revision);
  }

  #number(names: Names, insert: StatementSync, name: string): number {
    const known = names.idOf(name);
    if (known !== undefined) return known;
    const id = Number(insert.run(name).lastInsertRowid);
    names.remember(id, name);
    return id;
  }
}
