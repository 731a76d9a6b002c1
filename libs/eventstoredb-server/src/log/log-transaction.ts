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

export type AppendAllOutcome =
  /** Of each stream that got events, its last one. */
  | { readonly kind: 'written'; readonly places: readonly { readonly revision: number; readonly position: number }[] }
  /** `share` is the place in the list of the first stream that is elsewhere. */
  | { readonly kind: 'refused'; readonly share: number; readonly outcome: WriteOutcome }
  | { readonly kind: 'partly-known'; readonly known: readonly string[]; readonly unknown: readonly string[] };

/** A write that may be done, to a stream in this state. */
interface Accepted {
  readonly last: number;
  readonly isDeleted: boolean;
  readonly hasMetadata: boolean;
}

/** What a write means: done, with what is known of the stream; or answered already. */
type Ruled = Accepted | { readonly outcome: WriteOutcome };

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
    return 'outcome' in ruled ? ruled.outcome : this.#append({ stream, expected, events }, ruled);
  }

  /** All or nothing: rules on every stream before it writes to the first. Without events, a stream is a condition. */
  appendAll(appends: readonly Append[]): AppendAllOutcome {
    const rulings = appends.map((append) => (append.events.length === 0 ? this.#holds(append) : this.#rule(append, append.events)));
    const isRepeat = (ruled: Ruled | undefined): boolean => ruled !== undefined && 'outcome' in ruled && ruled.outcome.kind === 'written';
    const known = appends.filter((_, index) => isRepeat(rulings[index]));
    const unknown = appends.filter(({ events }, index) => events.length > 0 && !isRepeat(rulings[index]));
    if (known.length > 0 && unknown.length > 0) return { kind: 'partly-known', known: known.map(streamIn), unknown: unknown.map(streamIn) };
    const share = known.length > 0 ? -1 : rulings.findIndex((ruled) => ruled !== undefined && 'outcome' in ruled);
    const refused = rulings[share];
    if (refused && 'outcome' in refused) return { kind: 'refused', share, outcome: refused.outcome };
    const places = appends.flatMap((append, index) => {
      const ruled = rulings[index];
      if (append.events.length === 0 || !ruled) return [];
      const written = 'outcome' in ruled ? ruled.outcome : this.#append(append, ruled);
      return written.kind === 'written' ? [{ revision: written.revision, position: written.position }] : [];
    });
    return { kind: 'written', places };
  }

  #append({ stream, events }: Append, { last, isDeleted }: Accepted): WriteOutcome {
    const original = isMetastream(stream) ? originalOf(stream) : undefined;
    const wakes = original !== undefined && events.length > 0 && isSoftDeleted(this.#lookup.stateOf(original));
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

  /** Undefined if the stream is where it is expected. A deleted one has no events. */
  #holds({ stream, expected }: Write): Ruled | undefined {
    const state = this.#lookup.stateOf(stream);
    if (state.isTombstoned) return { outcome: { kind: 'stream-deleted' } };
    const current = isSoftDeleted(state) ? -1 : state.last;
    return current === (expected === 'no-stream' ? -1 : Number(expected)) ? undefined : { outcome: { kind: 'wrong-version', current } };
  }

  #rule({ stream, expected }: Write, events: readonly ProposedEvent[]): Ruled {
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

const streamIn = ({ stream }: Append): string => stream;
