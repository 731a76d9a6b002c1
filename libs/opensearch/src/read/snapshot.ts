// An unchanging view of one generation: documents, parked events, checkpoints and unfinished batches of one moment.
import { isPositionBefore } from '@mainstem/event-store';
import {
  compareKeys,
  fromStoredParked,
  partitionsOf,
  UnknownCollection,
  type GenerationSnapshot,
  type ScanEntry,
  type ScanOptions,
  type StoredParkedEvent,
  type UnreadableDocument,
} from '@mainstem/projection/adapter';
import { ReadStoreUnavailable, type ParkedEvent, type ProjectionDocument } from '@mainstem/projection/adapter';
import type { StoredGeneration } from '../bookkeeping/generation-records.js';
import { pagesOfParked } from '../bookkeeping/parked-records.js';
import { documentId, intentId, parkedId } from '../layout/names.js';
import { generationOf, reachedIn, type PartStates, type StateBody } from '../layout/state-document.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import { unpacked, type StoredPart } from '../write/intents.js';
import { pageOf, withView, type View } from './view.js';

const PAGE = 2_000;

interface Hit {
  readonly _source: { readonly key: string; readonly document: ProjectionDocument };
}

/** The documents of unfinished batches by id; undefined for a deleted one. */
type Overlay = ReadonlyMap<
  string,
  { readonly kind: string; readonly collection?: string; readonly key?: string; readonly document: unknown } | undefined
>;

/** Runs `work` on the view, like `withView`. Errors: READ_STORE_UNAVAILABLE, and those of `work`. */
export const withSnapshot = <Result>(
  connection: OpenSearchConnection,
  generation: StoredGeneration,
  work: (snapshot: GenerationSnapshot) => Promise<Result>,
): Promise<Result> => withView(connection, generation.index, async (view) => work(await PointInTime.of(view, generation)));

class PointInTime implements GenerationSnapshot {
  readonly generation: GenerationSnapshot['generation'];

  private constructor(
    private readonly view: View,
    private readonly found: StoredGeneration,
    states: PartStates,
    private readonly overlay: Overlay,
  ) {
    // A stored batch is committed: with it, this is the state after it.
    const [first, ...others] = states;
    this.generation = generationOf(found.meta, [reached(first), ...others.map(reached)], found.isServing);
  }

  static async of(view: View, found: StoredGeneration): Promise<PointInTime> {
    const count = partitionsOf(found.meta).length;
    const [first, ...others] = await view.search<StateBody>({ size: count, query: { term: { kind: 'state' } } });
    if (!first || others.length < count - 1)
      throw new ReadStoreUnavailable(
        view.connection.store,
        `generation ${found.meta.number} of ${found.meta.projection} has lost its state; rebuild the projection`,
      );
    const [leading, ...following] = [first, ...others].sort((left, right) => partitionIn(left) - partitionIn(right));
    const requests: string[] = [];
    for (const state of [first, ...others]) requests.push(...(await requestsIn(view, state)));
    return new PointInTime(view, found, [leading ?? first, ...following], overlayOf(requests));
  }

  async scan(collection: string, { after, limit }: ScanOptions): Promise<readonly ScanEntry[]> {
    const { meta } = this.found;
    if (meta.collections.every(({ name }) => name !== collection)) throw new UnknownCollection(meta.projection, meta.number, collection);
    const entries: ScanEntry[] = [];
    for (let last = after; entries.length < limit;) {
      const page = await this.#page(collection, last);
      entries.push(...this.#corrected(collection, page, last));
      last = page.at(-1)?.key;
      if (page.length < PAGE) break;
    }
    return entries.slice(0, limit);
  }

  async parked({ after, limit }: { readonly after?: ParkedEvent['position']; readonly limit: number }): Promise<readonly ParkedEvent[]> {
    // The unfinished batch has few events and settles few: they are merged after the search.
    const listed = await pagesOfParked({ limit: limit + this.overlay.size, ...(after !== undefined && { after }) }, (body) => this.view.answer(body));
    const kept = listed.filter(({ key, position }) => !this.overlay.has(parkedId(key, position)));
    for (const entry of this.overlay.values()) {
      const event = entry?.kind === 'parked' ? fromStoredParked(entry.document as StoredParkedEvent) : undefined;
      if (event && isPositionBefore(after, event.position)) kept.push(event);
    }
    return kept.sort(inOrder).slice(0, limit);
  }

  #page(collection: string, after: string | undefined): Promise<readonly Hit['_source'][]> {
    return this.view.search<Hit['_source']>(pageOf(collection, { after, size: PAGE }));
  }

  /** Merges what the unfinished batch changes in this range of keys. */
  #corrected(collection: string, page: readonly Hit['_source'][], after: string | undefined): readonly ScanEntry[] {
    const entries = page.flatMap(({ key, document }): ScanEntry[] =>
      this.overlay.has(documentId(collection, key)) ? [] : [[key, readable(document)]],
    );
    if (this.overlay.size === 0) return entries;
    const last = page.length < PAGE ? undefined : page.at(-1)?.key;
    for (const entry of this.overlay.values()) {
      if (entry?.kind !== 'document' || entry.collection !== collection || entry.key === undefined) continue;
      const isInRange = (after === undefined || compareKeys(entry.key, after) > 0) && (last === undefined || compareKeys(entry.key, last) <= 0);
      if (isInRange) entries.push([entry.key, entry.document as ProjectionDocument]);
    }
    return entries.sort(([left], [right]) => compareKeys(left, right));
  }
}

const partitionIn = ({ partition = 0 }: StateBody): number => partition;

const reached = (state: StateBody): StateBody => ({ ...state, ...reachedIn(state) });

/** The unfinished batch of each part. Different parts have different documents. */
const requestsIn = async (view: View, state: StateBody): Promise<readonly string[]> => {
  if (!state.intent) return [];
  const { epoch, commit, requests } = state.intent;
  if (typeof requests !== 'number') return unpacked(requests);
  const values = Array.from({ length: requests }, (_, place) => intentId({ partition: partitionIn(state), epoch, commit }, place));
  const stored = await view.search<StoredPart>({ size: requests, query: { ids: { values } } });
  const found = stored.filter((one) => one.commit === commit);
  if (found.length !== requests)
    throw new ReadStoreUnavailable(view.connection.store, 'a batch that was committed is incomplete; rebuild the projection');
  return (await Promise.all(found.map((one) => unpacked(one.requests)))).flat();
};

const overlayOf = (requests: readonly string[]): Overlay => {
  const overlay = new Map<string, Overlay extends ReadonlyMap<string, infer Entry> ? Entry : never>();
  for (const request of requests) {
    const lines = request.split('\n');
    for (let line = 0; line + 1 < lines.length; line += 2) {
      const { index } = JSON.parse(lines[line] ?? '') as { readonly index: { readonly _id: string } };
      const source = JSON.parse(lines[line + 1] ?? '') as { readonly kind: string; readonly document: unknown };
      overlay.set(index._id, source.kind === 'deleted' ? undefined : source);
    }
  }
  return overlay;
};

/** The document may have been changed by hand. */
const readable = (document: unknown): ProjectionDocument =>
  typeof document === 'object' && document !== null
    ? document
    : ({ $unreadable: JSON.stringify(document) ?? 'nothing' } satisfies UnreadableDocument);

const inOrder = (left: ParkedEvent, right: ParkedEvent): number =>
  left.position < right.position ? -1 : left.position > right.position ? 1 : compareKeys(left.key, right.key);
