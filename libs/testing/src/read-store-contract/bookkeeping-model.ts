// The expected content of a read store by the pure record: generations, leases, documents and parked events.
import { isMainstemError } from '@mainstem/event-store';
import {
  allDescribed,
  compareKeys,
  decide,
  decideLease,
  emptyRecord,
  heldAmong,
  leaseKeyText,
  servingIn,
  type Claim,
  type CommitBatch,
  type Decided,
  type Generation,
  type HeldLease,
  type LeaseAnswer,
  type LeaseCommand,
  type LeaseRecord,
  type ParkedEvent,
  type ProjectionRecord,
  type RecordCommand,
} from '@mainstem/projection/adapter';

/** The content of one generation. */
export class ModelContent {
  readonly #documents = new Map<string, Map<string, object>>();
  #parked: readonly ParkedEvent[] = [];

  documents(collection: string): ReadonlyMap<string, object> {
    return this.#documents.get(collection) ?? new Map<string, object>();
  }

  /** By key. */
  entries(collection: string): readonly (readonly [string, object])[] {
    return [...this.documents(collection)].sort(([left], [right]) => compareKeys(left, right));
  }

  /** By position, then key. */
  get parked(): readonly ParkedEvent[] {
    return this.#parked.toSorted(
      (left, right) => Number(left.position > right.position) - Number(left.position < right.position) || compareKeys(left.key, right.key),
    );
  }

  write({ changes, park = [], unpark = [] }: CommitBatch): void {
    for (const { collection, upserts, deletes } of changes) {
      const documents = this.#documents.get(collection) ?? new Map<string, object>();
      this.#documents.set(collection, documents);
      for (const [key, document] of upserts) documents.set(key, document);
      for (const key of deletes) documents.delete(key);
    }
    const isOneOf = (events: readonly Pick<ParkedEvent, 'key' | 'position'>[], event: ParkedEvent): boolean =>
      events.some(({ key, position }) => key === event.key && position === event.position);
    this.#parked = [...this.#parked.filter((event) => !isOneOf(unpark, event) && !isOneOf(park, event)), ...park];
  }
}

export class BookkeepingModel {
  readonly #records = new Map<string, ProjectionRecord>();
  readonly #contents = new Map<string, ModelContent>();
  readonly #leases = new Map<string, LeaseRecord>();
  /** The store's clock, as far as the history knows it. */
  nowMs = 0;

  record(projection: string): ProjectionRecord {
    return this.#records.get(projection) ?? emptyRecord(projection);
  }

  described(projection: string): readonly Generation[] {
    return allDescribed(this.record(projection));
  }

  /** Names of projections that have generations. */
  get projections(): readonly string[] {
    return [...this.#records.values()].filter(({ generations }) => generations.length > 0).map(({ projection }) => projection);
  }

  /** The decision, or the code of the refusal. */
  ask(projection: string, command: RecordCommand): Decided | string {
    try {
      const decided = decide(this.record(projection), command, (collection) => this.#ownerOf(collection));
      this.#records.set(projection, decided.record);
      for (const effect of decided.effects) {
        if (effect.do === 'make') this.#contents.set(`${effect.generation} ${projection}`, new ModelContent());
        if (effect.do === 'end-leases') for (const [key, lease] of this.#leases) if (lease.projection === projection) this.#leases.delete(key);
      }
      return decided;
    } catch (error) {
      if (!isMainstemError(error)) throw error;
      return error.code;
    }
  }

  /** The store's number for the next new generation. Stores may skip numbers, and begin anew after a `forget`. */
  expectNumber(projection: string, number: number): void {
    this.#records.set(projection, { ...this.record(projection), lastNumber: number - 1 });
  }

  /** The code of the refusal; undefined if it was written. */
  commit(projection: string, claim: Claim, batch: CommitBatch, at: string): string | undefined {
    const decided = this.ask(projection, { do: 'commit', ...claim, move: batch.checkpoint, at });
    if (typeof decided === 'string') return decided;
    this.content(projection, claim.generation).write(batch);
    return undefined;
  }

  /** A new object for each new generation, which distinguishes it from a former one with its number. */
  content(projection: string, generation: number): ModelContent {
    const found = this.#contents.get(`${generation} ${projection}`);
    if (!found) throw new TypeError(`the model has no generation ${generation} of ${projection}`);
    return found;
  }

  /** Of the serving generation. */
  servedParked(projection: string): readonly ParkedEvent[] {
    const serving = servingIn(this.record(projection));
    return serving ? this.content(projection, serving.number).parked : [];
  }

  lease(command: LeaseCommand): LeaseAnswer {
    const key = leaseKeyText(command);
    const { lease, answer } = decideLease(this.#leases.get(key), command, this.nowMs);
    if (lease) this.#leases.set(key, lease);
    else this.#leases.delete(key);
    return answer;
  }

  get held(): readonly HeldLease[] {
    return heldAmong([...this.#leases.values()], this.nowMs);
  }

  #ownerOf(collection: string): string | undefined {
    return [...this.#records.values()].find(({ generations }) => generations.some(({ collections }) => collections.includes(collection)))?.projection;
  }
}
