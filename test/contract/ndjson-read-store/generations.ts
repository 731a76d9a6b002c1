// What the lines of one file add up to: the generations of a projection.
import {
  assertPromotable,
  CheckpointMoved,
  compareKeys,
  EMPTY_DIGEST,
  FingerprintMismatch,
  GenerationServes,
  lastEventIn,
  UnknownCollection,
  UnknownGeneration,
  type Generation,
  type ParkedEvent,
  type ProjectionDocument,
  type ScanEntry,
  type ScanOptions,
} from '@mainstem/projection/adapter';
import { parkedOf, positionOf, type BatchLine, type Line } from './change.js';

type LineThat<Does extends Line['do']> = Extract<Line, { readonly do: Does }>;

// #region apply
/** Every reader folds the same lines in the same order, and so comes to the same result, refusals included. */
export class Generations {
  readonly #all = new Map<number, GenerationContent>();
  #lastNumber = 0;

  constructor(readonly projection: string) {}

  /** The generation after the change, if it is one's. Whoever wrote the line is told the error; the line has no effect then, here and for everybody else. */
  apply(line: Line): Generation | undefined {
    switch (line.do) {
      case 'create':
        return this.#create(line);
      case 'open':
        return this.#open(line);
      case 'commit':
        return this.find(line.generation).commit(line.epoch, line.batch, line.at);
      case 'finish-bulk':
        return this.find(line.generation).finishBulk(line.epoch, line.at);
      case 'promote':
        return this.#promote(line);
      case 'drop':
        return this.#drop(line);
      case 'forget':
        this.#all.clear(); // numbers go on
        return undefined;
    }
  }
  // #endregion

  get all(): readonly GenerationContent[] {
    return [...this.#all.values()];
  }

  get collections(): readonly string[] {
    return this.all.flatMap(({ collections }) => [...collections.keys()]);
  }

  get serving(): GenerationContent | undefined {
    return this.all.find(({ described }) => described.state === 'serving');
  }

  /** Errors: READ_STORE_UNKNOWN_GENERATION. */
  find(number: number): GenerationContent {
    const found = this.#all.get(number);
    if (!found) throw new UnknownGeneration(this.projection, number);
    return found;
  }

  #create({ version, fingerprint, incarnation, collections, isBulk, isSide, at }: LineThat<'create'>): Generation {
    const number = ++this.#lastNumber;
    const state = isSide ? 'side' : isBulk || this.serving ? 'filling' : 'serving';
    const checkpoint = { incarnation, position: undefined, epoch: 0, digest: EMPTY_DIGEST };
    const described: Generation = {
      projection: this.projection,
      number,
      state,
      version,
      fingerprint,
      checkpoint,
      isBulk,
      createdAt: at,
      updatedAt: at,
    };
    this.#all.set(number, new GenerationContent(described, new Map(collections.map((name) => [name, new Map()]))));
    return described;
  }

  #open({ generation, fingerprint }: LineThat<'open'>): Generation {
    const opened = this.find(generation);
    if (opened.described.fingerprint !== fingerprint) throw new FingerprintMismatch(this.projection, generation);
    return opened.raiseEpoch();
  }

  // #region promote
  #promote({ generation, isForced, at }: LineThat<'promote'>): Generation {
    const next = this.find(generation);
    const before = this.serving;
    if (next === before) return next.described;
    assertPromotable(next.described, before?.described, { isForced });
    before?.raiseEpoch();
    before?.enter('retired', at);
    return next.enter('serving', at);
  }
  // #endregion

  #drop({ generation }: LineThat<'drop'>): Generation {
    const { described } = this.find(generation);
    if (described.state === 'serving') throw new GenerationServes(this.projection, generation);
    this.#all.delete(generation);
    return described;
  }
}

/** One generation in memory. */
export class GenerationContent {
  constructor(
    public described: Generation,
    readonly collections: ReadonlyMap<string, Map<string, ProjectionDocument>>,
    readonly parked = new Map<string, ParkedEvent>(),
  ) {}

  // #region commit
  /** Errors: READ_STORE_CHECKPOINT_MOVED; all is checked before anything is changed. */
  commit(epoch: number, { from, to, digest, lastEvent, changes, park, unpark }: BatchLine, at: string): Generation {
    this.#assertEpoch(epoch);
    const { checkpoint } = this.described;
    if (checkpoint.position !== positionOf(from)) throw this.#moved();
    const targets = changes.map(({ collection }) => this.documents(collection));
    changes.forEach(({ upserts, deletes }, index) => {
      for (const [key, document] of upserts) targets[index]?.set(key, document);
      for (const key of deletes) targets[index]?.delete(key);
    });
    for (const { key, position } of unpark) this.parked.delete(`${position} ${key}`);
    for (const event of park) this.parked.set(`${event.position} ${event.key}`, parkedOf(event));
    const moved = { incarnation: checkpoint.incarnation, position: positionOf(to), epoch, digest, ...lastEventIn(lastEvent) };
    return this.#become({ checkpoint: moved, updatedAt: at });
  }
  // #endregion

  finishBulk(epoch: number, at: string): Generation {
    this.#assertEpoch(epoch);
    return this.#become({ isBulk: false, updatedAt: at });
  }

  raiseEpoch(): Generation {
    const { checkpoint } = this.described;
    return this.#become({ checkpoint: { ...checkpoint, epoch: checkpoint.epoch + 1 } });
  }

  enter(state: Generation['state'], at: string): Generation {
    return this.#become({ state, updatedAt: at });
  }

  /** The same as of now, whatever is committed later: documents are replaced, never changed. */
  copy(): GenerationContent {
    return new GenerationContent(
      this.described,
      new Map([...this.collections].map(([name, documents]) => [name, new Map(documents)])),
      new Map(this.parked),
    );
  }

  /** Errors: READ_STORE_UNKNOWN_COLLECTION. */
  documents(collection: string): Map<string, ProjectionDocument> {
    const found = this.collections.get(collection);
    if (!found) throw new UnknownCollection(this.described.projection, this.described.number, collection);
    return found;
  }

  scan(collection: string, { after, limit }: ScanOptions): readonly ScanEntry[] {
    const entries = [...this.documents(collection)].filter(([key]) => after === undefined || compareKeys(key, after) > 0);
    return entries.sort(([left], [right]) => compareKeys(left, right)).slice(0, limit);
  }

  parkedEvents({ key, after, limit }: { readonly key?: string; readonly after?: bigint; readonly limit: number }): readonly ParkedEvent[] {
    return [...this.parked.values()]
      .filter((event) => (key === undefined || event.key === key) && (after === undefined || event.position > after))
      .sort((left, right) => Number(left.position > right.position) - Number(left.position < right.position) || compareKeys(left.key, right.key))
      .slice(0, limit);
  }

  #assertEpoch(epoch: number): void {
    if (this.described.checkpoint.epoch !== epoch) throw this.#moved();
  }

  #moved(): CheckpointMoved {
    return new CheckpointMoved(this.described.projection, this.described.number);
  }

  #become(changes: Partial<Generation>): Generation {
    this.described = { ...this.described, ...changes };
    return this.described;
  }
}
