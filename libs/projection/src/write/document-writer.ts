// Writes batches of a document projection: load what is not cached → fold → roll-ups → one commit.
import { isMainstemError, type RecordedEvent } from '@mainstem/event-store';
import type { DocumentProjection } from '../definition/document-projection.js';
import type { CheckpointMove, CollectionChanges, Expiry, ParkedEvent } from '../read-store/read-store.js';
import {
  allReplayed,
  batchBefore,
  partOf,
  type Batch,
  type BatchWriter,
  type Replayed,
  type ReplayedEvent,
  type ReplaySource,
  type WriteOptions,
  type Written,
} from './batch-writer.js';
import { BlamedDocuments } from './blamed-documents.js';
import type { CrashPoints } from '../generations/crash-points.js';
import { changesOf, documentKeysOf, DocumentPlan, type MaybeDocument } from '../fold/document-batch.js';
import { estimateBytes } from '../fold/document-cache.js';
import { removableAfter } from '../fold/expired-documents.js';
import { BatchRefused, type Poison } from '../fold/batch-refused.js';
import type { OpenGeneration, ParkingChanges } from '../generations/open-generation.js';
import { partitionOf } from '../read-store/partition.js';
import { isStreamKey, OnlyKey, Parking, type Gate } from '../fold/parking.js';
import { placesOf, type Place } from './parked-places.js';
import { replayAnew, sameIfEqual } from './replay-anew.js';
import { ContributionFailed, rollUpChanges, type DocumentChange, type RollUpChanges } from './roll-up-writer.js';

/**
 * The number of documents in one commit, except for the last event, whose documents stay together. A store takes time
 * and memory for a whole commit, and a server that takes too long counts as gone.
 */
export const DOCUMENTS_MAX = 20_000;

/** The most expired documents that a commit removes. */
const EXPIRED_MAX = 1_000;

export interface DocumentWriterOptions {
  /** The read store's declaration. Default: documents do not expire. */
  readonly expiry?: Expiry | undefined;
  readonly crash?: CrashPoints | undefined;
  readonly documentsMax?: number;
}

/** Documents before and after; both in the order of the keys. */
interface FoldedDocuments {
  readonly batch: Batch;
  readonly plan: { readonly keys: readonly string[] };
  readonly before: readonly MaybeDocument[];
  readonly after: readonly MaybeDocument[];
}

/** A folded batch that waits for its commit. */
interface FoldedBatch extends FoldedDocuments {
  readonly plan: DocumentPlan;
  readonly parked: readonly ParkedEvent[];
  readonly poison: Poison | undefined;
}

export class DocumentWriter implements BatchWriter {
  readonly #projection: DocumentProjection;
  readonly #expiry: Expiry | undefined;
  readonly #crash: CrashPoints | undefined;
  readonly #documentsMax: number;
  readonly #blamed = new BlamedDocuments();

  constructor(projection: DocumentProjection, { expiry, crash, documentsMax = DOCUMENTS_MAX }: DocumentWriterOptions = {}) {
    this.#projection = projection;
    this.#expiry = expiry;
    this.#crash = crash;
    this.#documentsMax = documentsMax;
  }

  /** Parks as few documents as the store allows, if it has not named the one at fault. Otherwise like `#write`. */
  async write(open: OpenGeneration, batch: Batch, options: WriteOptions): Promise<Written> {
    const trials = this.#blamed.trialsOf(options.condemned);
    const { position } = open;
    for (const condemned of trials.slice(0, -1)) {
      try {
        return await this.#write(open, batch, { ...options, condemned });
      } catch (error) {
        if (!(error instanceof BatchRefused) || open.position !== position) throw error;
        open.dropCaches(); // nothing was written, but totals in memory have changed
      }
    }
    return this.#write(open, batch, options);
  }

  /** In several commits, each a complete batch, if the events have too many documents for one. */
  async #write(open: OpenGeneration, batch: Batch, options: WriteOptions): Promise<Written> {
    let eventsApplied = 0;
    let isCommitted = false;
    for (let rest = batch; ;) {
      const { end, ...written } = await this.#writePart(open, rest, options);
      eventsApplied += written.eventsApplied;
      isCommitted ||= written.isCommitted;
      if (written.poison || end === undefined) return { ...written, eventsApplied, isCommitted };
      rest = { ...batch, events: rest.events.slice(end) };
    }
  }

  /** `end`: the event before which it was cut, because there were enough documents. */
  async #writePart(open: OpenGeneration, batch: Batch, options: WriteOptions): Promise<Written & { readonly end: number | undefined }> {
    const gate = (): Gate => new Parking(open.parkedKeys, options.condemned, options.nowMs, open.partition.number);
    const { folded, poison } = await this.#foldUpToPoison(open, batch, gate, this.#documentsMax);
    const changes = this.#changes(folded);
    const hasEffect = changes.upserts.size + changes.deletes.length + folded.parked.length > 0;
    const isCheckpointDue = options.isCheckpointDue || poison !== undefined;
    const isCommitted = hasEffect || (isCheckpointDue && folded.batch.position !== open.committed);
    const move = open.move(folded.batch.position, folded.plan.digest, folded.batch.lastEvent);
    if (isCommitted) await this.#commit(open, folded, await this.#withoutExpired(open, folded, changes), move, { park: folded.parked });
    else open.pass(move);
    return { eventsApplied: folded.plan.eventsApplied, isCommitted, end: folded.plan.end, ...(poison && { poison }) };
  }

  async replay(open: OpenGeneration, key: string, events: readonly ReplayedEvent[], source: ReplaySource): Promise<Replayed> {
    const { places, poison } = placesOf(events, (event) => ({ event, keys: documentKeysOf(this.#projection, event) }));
    // All events of this document are parked after its first one, so nothing has overtaken these.
    const isInOrder = !isStreamKey(key) && places.every(({ keys }) => keys.includes(key));
    const readable = events.slice(0, places.length);
    const replayed = isInOrder ? await this.#replayInOrder(open, key, readable) : await this.#replayAnew(open, key, readable, places, source);
    return { ...replayed, ...(poison && replayed.settled === places.length && { poison }) };
  }

  async #replayInOrder(open: OpenGeneration, key: string, events: readonly ReplayedEvent[]): Promise<Replayed> {
    const batch = { events: events.map(({ event }) => event), position: open.position };
    const { folded, poison } = await this.#foldUpToPoison(open, batch, () => new OnlyKey(key));
    const unpark = events.slice(0, folded.batch.events.length).map(({ parked }) => parked);
    if (unpark.length > 0) await this.#commit(open, folded, this.#changes(folded), open.move(open.position, open.digest), { unpark });
    return { ...allReplayed(unpark.length), ...(poison && { poison }) };
  }

  /** Their documents may have later events already: they are folded anew, with the parked events in their places. */
  async #replayAnew(
    open: OpenGeneration,
    list: string,
    events: readonly ReplayedEvent[],
    places: readonly Place[],
    source: ReplaySource,
  ): Promise<Replayed> {
    const replay = await replayAnew(this.#projection, { open, list, places, expiry: this.#expiry, ...source });
    const { keys, documents, park, ...replayed } = replay;
    if (replayed.settled === 0) return replayed;
    const before = await this.#load(open, keys);
    const after = keys.map((key, slot) => sameIfEqual(before[slot] ?? null, documents.get(key) ?? null));
    const folded = { batch: { events: events.map(({ event }) => event), position: open.position }, plan: { keys }, before, after };
    const unpark = events.slice(0, replayed.settled).map(({ parked }) => parked);
    await this.#commit(open, folded, this.#changes(folded), open.move(open.position, open.digest), { park, unpark });
    return replayed;
  }

  async #foldUpToPoison(
    open: OpenGeneration,
    batch: Batch,
    gate: () => Gate,
    documentsMax = Infinity,
  ): Promise<{ readonly folded: FoldedBatch; readonly poison?: Poison }> {
    let poison: Poison | undefined;
    let folded = await this.#fold(open, batch, gate(), documentsMax);
    while (folded.poison) {
      // Once more without the rest: folding is pure, so the events before it give the same. Each round is shorter.
      poison = folded.poison;
      folded = await this.#fold(open, batchBefore(poison, batch, open.position), gate());
    }
    return { folded, ...(poison && { poison }) };
  }

  async #fold(open: OpenGeneration, whole: Batch, gate: Gate, documentsMax = Infinity): Promise<FoldedBatch> {
    const plan = new DocumentPlan(this.#projection, whole.events, open.digest, gate, {
      keysMax: documentsMax,
      partition: open.partition,
      expiry: this.#expiry,
    });
    const batch = plan.end === undefined ? whole : partOf(whole, plan.end, open.position);
    const before = await this.#load(open, plan.keys);
    const { after, poison = plan.poison } = plan.fold(before);
    if (this.#crash) await this.#crash.reach('after-fold', this.#projection.name);
    return { batch, plan, parked: gate.events, before, after, poison };
  }

  #changes({ plan, before, after }: FoldedDocuments): CollectionChanges {
    return changesOf(this.#projection.name, plan.keys, before, after);
  }

  /** Also removes what no later event can see. Documents that parked events wait for are kept. */
  async #withoutExpired(open: OpenGeneration, { batch, plan, parked }: FoldedBatch, changes: CollectionChanges): Promise<CollectionChanges> {
    const last = batch.events.at(-1);
    const waiting = new Set([...open.parkedKeys.keys(), ...parked.map(({ key }) => key)]);
    if (!this.#expiry || !last || [...waiting].some(isStreamKey)) return changes;
    const expired = await open.session.expiredKeys?.(this.#projection.name, removableAfter(last), EXPIRED_MAX);
    if (!expired || expired.length === 0) return changes;
    const kept = new Set([...plan.keys, ...waiting]);
    const { number, count } = open.partition;
    const removed = expired.filter((key) => !kept.has(key) && (count === 1 || partitionOf(key, count) === number));
    return { ...changes, deletes: [...changes.deletes, ...removed] };
  }

  async #load(open: OpenGeneration, keys: readonly string[]): Promise<readonly MaybeDocument[]> {
    const { documents } = open;
    const missing: string[] = [];
    const found = keys.map((key): MaybeDocument => {
      const document = documents.get(key);
      if (!document) missing.push(key);
      return document ?? null;
    });
    if (missing.length === 0 || documents.isComplete) return found;
    if (this.#crash) await this.#crash.reach('before-load', this.#projection.name);
    const loaded = await open.session.load(this.#projection.name, missing);
    if (this.#crash) await this.#crash.reach('after-load', this.#projection.name);
    return found.map((document, slot) => document ?? loaded.get(keys[slot] as string) ?? null);
  }

  async #commit(
    open: OpenGeneration,
    folded: FoldedDocuments,
    changes: CollectionChanges,
    checkpoint: CheckpointMove,
    parking: ParkingChanges,
  ): Promise<void> {
    const { batch, plan } = folded;
    let rollUps: readonly RollUpChanges[] = [];
    try {
      rollUps = await this.#rollUps(open, folded);
      if (this.#crash) await this.#crash.reach('before-commit', this.#projection.name);
      // Roll-ups first: a store without transactions writes in this order, and they must not lag behind documents.
      await open.session.commit({ changes: [...rollUps.map((rollUp) => rollUp.changes), changes], checkpoint, ...parking });
      if (this.#crash) await this.#crash.reach('after-commit', this.#projection.name);
      for (const rollUp of rollUps) rollUp.settle();
      this.#remember(open, folded, changes.deletes);
    } catch (error) {
      if (error instanceof ContributionFailed) throw new BatchRefused(batch.events, error.key, error.cause);
      if (isMainstemError(error, 'READ_STORE_INVALID_DOCUMENT')) throw this.#refused(batch.events, culpritOf(error, plan.keys, rollUps), error);
      throw error;
    }
    open.committedTo(checkpoint, parking);
  }

  #rollUps(open: OpenGeneration, { plan, before, after }: FoldedDocuments): Promise<RollUpChanges[]> {
    const documents: DocumentChange[] = [];
    plan.keys.forEach((key, slot) => {
      const change = { key, before: before[slot] ?? null, after: after[slot] ?? null };
      if (change.before !== change.after) documents.push(change);
    });
    const { rollUps } = this.#projection;
    if (rollUps.length === 0 || documents.length === 0) return Promise.resolve([]);
    return Promise.all(
      rollUps.map((rollUp) => {
        const cache = open.groups.get(rollUp.name);
        if (!cache) throw new TypeError(`roll-up ${rollUp.name} has no cache`);
        return rollUpChanges(rollUp, documents, open.session, cache);
      }),
    );
  }

  #refused(events: readonly RecordedEvent[], { key, isCertain }: Culprit, error: unknown): BatchRefused {
    const [event] = events;
    if (event && events.length === 1 && key !== undefined && !isCertain) this.#blamed.blame(event.position, key);
    return new BatchRefused(events, key, error);
  }

  #remember(open: OpenGeneration, { plan, after }: FoldedDocuments, deleted: readonly string[]): void {
    for (const key of deleted) open.documents.delete(key);
    plan.keys.forEach((key, slot) => {
      const document = after[slot] ?? null;
      if (document && open.documents.get(key) !== document) open.documents.set(key, document, estimateBytes(document));
    });
  }
}

interface Culprit {
  readonly key: string | undefined;
  readonly isCertain: boolean;
}

/**
 * The document that the read store refuses; for a roll-up's group, the document that has changed it. One of several if
 * only that is known.
 */
const culpritOf = (error: unknown, keys: readonly string[], rollUps: readonly RollUpChanges[]): Culprit => {
  const { collection, key } = error as { readonly collection?: string; readonly key?: string };
  const rollUp = rollUps.find(({ changes }) => changes.collection === collection);
  const suspects = rollUp ? rollUp.suspectsOf(key) : key === undefined ? keys : [key];
  const [first = keys[0]] = suspects;
  return { key: first, isCertain: suspects.length === 1 };
};
