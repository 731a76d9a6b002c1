// Records, leases and documents of all projections in maps: the data of a store in memory, or of a log of commands.
import { UnknownCollection } from '../read-store/errors.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { LeaseAnswer } from '../read-store/lease.js';
import type { Note } from '../read-store/note.js';
import type { CommitBatch, GenerationSnapshot, ParkedEvent, ScanEntry, ScanOptions } from '../read-store/read-store.js';
import { decide, type Decided } from '../record/decide.js';
import { decideLease, leaseKeyText, type LeaseCommand, type LeaseRecord } from '../record/lease-record.js';
import { describedIn, emptyRecord, generationIn, servingIn, type ProjectionRecord } from '../record/projection-record.js';
import type { Claim, Effect, RecordCommand } from '../record/record-command.js';
import { MemoryGeneration } from './memory-generation.js';

/** Nothing in here waits, so each call is one step. A refusal throws and changes nothing. */
export class MemoryState {
  readonly #records = new Map<string, ProjectionRecord>();
  /** By number and projection. */
  readonly #contents = new Map<string, MemoryGeneration>();
  readonly #leases = new Map<string, LeaseRecord>();
  /** By projection, then by name. */
  readonly #notes = new Map<string, ReadonlyMap<string, string>>();

  /** Of all projections that ever had a generation, or of one. */
  records(projection?: string): readonly ProjectionRecord[] {
    return projection === undefined ? [...this.#records.values()] : [this.#record(projection)];
  }

  /** Errors: those of `decide`. */
  change(projection: string, command: RecordCommand): Decided {
    const decided = decide(this.#record(projection), command, (collection) => this.#ownerOf(collection));
    this.#records.set(projection, decided.record);
    for (const effect of decided.effects) this.#carryOut(effect, decided.record);
    return decided;
  }

  /** Errors: READ_STORE_CHECKPOINT_MOVED, READ_STORE_INVALID_DOCUMENT. */
  commit(projection: string, { generation, partition, epoch, at }: Claim & { readonly at: string }, batch: CommitBatch): void {
    const command = { do: 'commit', generation, partition, epoch, move: batch.checkpoint, at } as const;
    const { record } = decide(this.#record(projection), command, () => undefined);
    this.content(projection, generation)?.write(batch);
    this.#records.set(projection, record);
  }

  /** Also leases that have ended; of one projection, or of all. */
  leases(projection?: string): readonly LeaseRecord[] {
    return [...this.#leases.values()].filter((lease) => projection === undefined || lease.projection === projection);
  }

  changeLease(command: LeaseCommand, nowMs: number): LeaseAnswer {
    const key = leaseKeyText(command);
    const { lease, answer } = decideLease(this.#leases.get(key), command, nowMs);
    if (lease) this.#leases.set(key, lease);
    else this.#leases.delete(key);
    return answer;
  }

  notes(projections: readonly string[]): readonly Note[] {
    return projections.flatMap((projection) => [...(this.#notes.get(projection) ?? [])].map(([name, text]) => ({ projection, name, text })));
  }

  note(projection: string, name: string, text: string | undefined): void {
    const notes = new Map(this.#notes.get(projection));
    if (text === undefined) notes.delete(name);
    else notes.set(name, text);
    this.#notes.set(projection, notes);
  }

  /** Documents and parked events of a generation; undefined if there is none. */
  content(projection: string, generation: number): MemoryGeneration | undefined {
    return this.#contents.get(idOf(projection, generation));
  }

  /** Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_UNKNOWN_COLLECTION. */
  scan(projection: string, number: number, collection: string, options: ScanOptions): readonly ScanEntry[] {
    const { collections } = generationIn(this.#record(projection), number);
    if (!collections.includes(collection)) throw new UnknownCollection(projection, number, collection);
    return this.content(projection, number)?.scan(collection, options) ?? [];
  }

  /** The present state of the generation, whatever is committed later. Errors: READ_STORE_UNKNOWN_GENERATION. */
  snapshot(projection: string, number: number): GenerationSnapshot {
    const record = this.#record(projection);
    const generation = generationIn(record, number);
    const copy = this.content(projection, number)?.copy() ?? new MemoryGeneration([]);
    return {
      generation: describedIn(record, generation),
      scan: async (collection, options) => {
        if (!generation.collections.includes(collection)) throw new UnknownCollection(projection, number, collection);
        return copy.scan(collection, options);
      },
      parked: async (query) => copy.parkedEvents(query),
    };
  }

  /** Of the serving generation. */
  parked(projection: string, limit: number): readonly ParkedEvent[] {
    return this.#served(this.#record(projection))?.parkedEvents({ limit }) ?? [];
  }

  /** Stored documents of a collection in the serving generation, of any projection. */
  served(collection: string): { readonly texts: ReadonlyMap<string, string>; readonly serving: Generation | undefined } {
    for (const record of this.#records.values()) {
      const texts = this.#served(record)?.collection(collection);
      const serving = servingIn(record);
      if (texts && serving) return { texts, serving: describedIn(record, serving) };
    }
    return { texts: new Map(), serving: undefined };
  }

  /** Maps have no views and no secondary indexes: these effects need no work. */
  #carryOut(effect: Effect, record: ProjectionRecord): void {
    const { projection } = record;
    if (effect.do === 'make') {
      const { collections } = generationIn(record, effect.generation);
      this.#contents.set(idOf(projection, effect.generation), new MemoryGeneration(collections));
    }
    if (effect.do === 'delete') this.#contents.delete(idOf(projection, effect.generation));
    if (effect.do === 'remove-notes') this.#notes.delete(projection);
    if (effect.do === 'end-leases') for (const lease of this.leases(projection)) this.#leases.delete(leaseKeyText(lease));
  }

  #ownerOf(collection: string): string | undefined {
    const hasIt = ({ generations }: ProjectionRecord): boolean => generations.some(({ collections }) => collections.includes(collection));
    return this.records().find(hasIt)?.projection;
  }

  #record(projection: string): ProjectionRecord {
    return this.#records.get(projection) ?? emptyRecord(projection);
  }

  #served(record: ProjectionRecord): MemoryGeneration | undefined {
    const serving = servingIn(record);
    return serving && this.content(record.projection, serving.number);
  }
}

const idOf = (projection: string, generation: number): string => `${generation} ${projection}`;
