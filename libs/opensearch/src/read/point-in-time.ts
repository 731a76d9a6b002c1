// An unchanging view of one generation: documents, parked events, checkpoint, and the batch that was being written, all of one moment.
import {
  compareKeys,
  UnknownCollection,
  type GenerationSnapshot,
  type ScanEntry,
  type ScanOptions,
  type UnreadableDocument,
} from '@mainstem/projection';
import { ReadStoreUnavailable, type ParkedEvent, type ProjectionDocument } from '@mainstem/projection';
import type { CatalogGeneration } from '../generation/catalog.js';
import { documentId, parkedId } from '../generation/names.js';
import { generationOf, reachedIn, type Intent, type StateBody } from '../generation/state-document.js';
import { STORE_NAME, type SearchServer } from '../server/search-server.js';
import { unpacked, type StoredPart } from '../write/intents.js';
import { pagesOfParked, parkedEventOf, type StoredParked } from './parked-events.js';

const KEEP_ALIVE = '10m';
const PAGE = 2_000;
const PARTS_MAX = 1_000;

interface Hit {
  readonly _source: { readonly key: string; readonly document: ProjectionDocument };
}

interface SearchAnswer<Source> {
  readonly pit_id?: string;
  readonly hits: { readonly hits: readonly { readonly _source: Source }[] };
}

/** What a batch that is being written makes of documents, by identity; undefined where it deletes one. */
type Overlay = ReadonlyMap<
  string,
  { readonly kind: string; readonly collection?: string; readonly key?: string; readonly document: unknown } | undefined
>;

/**
 * Runs `work` on the view. The server keeps what it holds for as long as it takes, at most ten minutes between two of its reads.
 * Errors: READ_STORE_UNAVAILABLE; what `work` throws is thrown on.
 */
export const withPointInTime = async <Result>(
  server: SearchServer,
  generation: CatalogGeneration,
  work: (snapshot: GenerationSnapshot) => Promise<Result>,
): Promise<Result> => {
  await server.request({ method: 'POST', path: `/${generation.index}/_refresh` });
  const { flavour } = server;
  const opened = await server.request<Readonly<Record<string, string>>>({
    method: 'POST',
    path: flavour.openPointInTime(generation.index),
    query: { keep_alive: KEEP_ALIVE },
  });
  const id = opened.body[flavour.pointInTimeId] ?? '';
  try {
    return await work(await PointInTime.of(server, generation, id));
  } finally {
    // If it cannot be closed now, it is closed when its time is over.
    await server.request({ method: 'DELETE', path: flavour.closePointInTime, body: flavour.closeBody(id), expected: [404] }).catch(() => undefined);
  }
};

class PointInTime implements GenerationSnapshot {
  readonly generation: GenerationSnapshot['generation'];

  private constructor(
    private readonly view: View,
    private readonly found: CatalogGeneration,
    state: StateBody,
    private readonly overlay: Overlay,
  ) {
    // A batch that is stored is committed: with it, this is the state after it.
    this.generation = generationOf(found.meta, { ...state, ...reachedIn(state) }, found.isServing);
  }

  static async of(server: SearchServer, found: CatalogGeneration, id: string): Promise<PointInTime> {
    const view = new View(server, id);
    const [state] = await view.search<StateBody>({ size: 1, query: { term: { kind: 'state' } } });
    if (!state)
      throw new ReadStoreUnavailable(
        STORE_NAME,
        `generation ${found.meta.number} of ${found.meta.projection} has lost its state; rebuild the projection`,
      );
    return new PointInTime(view, found, state, state.intent ? overlayOf(await requestsIn(view, state.intent)) : new Map());
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
    // Events of the batch that is being written are few, and so are those that it settles: they are put right after the search.
    const listed = await pagesOfParked({ limit: limit + this.overlay.size, ...(after !== undefined && { after }) }, (body) => this.view.answer(body));
    const kept = listed.filter(({ key, position }) => !this.overlay.has(parkedId(key, position)));
    for (const entry of this.overlay.values()) {
      const event = entry?.kind === 'parked' ? parkedEventOf(entry.document as StoredParked) : undefined;
      if (event && (after === undefined || event.position > after)) kept.push(event);
    }
    return kept.sort(inOrder).slice(0, limit);
  }

  async #page(collection: string, after: string | undefined): Promise<readonly Hit['_source'][]> {
    const filter = [{ term: { kind: 'document' } }, { term: { collection } }];
    return this.view.search<Hit['_source']>({
      size: PAGE,
      query: { bool: { filter } },
      sort: [{ key: 'asc' }],
      ...(after !== undefined && { search_after: [after] }),
    });
  }

  /** With what the batch that is being written has to say about this range of keys. */
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

/** Searches in one point in time. */
class View {
  #id: string;

  constructor(
    private readonly server: SearchServer,
    id: string,
  ) {
    this.#id = id;
  }

  async answer(body: object): Promise<SearchAnswer<never>> {
    const request = JSON.stringify({ ...body, pit: { id: this.#id, keep_alive: KEEP_ALIVE } });
    const answer = await this.server.request<SearchAnswer<never>>({ method: 'POST', path: '/_search', body: request });
    this.#id = answer.body.pit_id ?? this.#id;
    return answer.body;
  }

  async search<Source>(body: object): Promise<readonly Source[]> {
    return (await this.answer(body)).hits.hits.map(({ _source }) => _source as Source);
  }
}

const requestsIn = async (view: View, { epoch, commit, requests }: Intent): Promise<readonly string[]> => {
  if (typeof requests !== 'number') return unpacked(requests);
  const filter = [{ term: { kind: 'intent' } }, { term: { epoch } }];
  const parts = await view.search<StoredPart>({ size: PARTS_MAX, query: { bool: { filter } } });
  const found = parts.filter((part) => part.commit === commit);
  if (found.length !== requests) throw new ReadStoreUnavailable(STORE_NAME, 'a batch that was committed is incomplete; rebuild the projection');
  return (await Promise.all(found.map(({ requests: part }) => unpacked(part)))).flat();
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

/** Somebody may have changed a document by hand. */
const readable = (document: unknown): ProjectionDocument =>
  typeof document === 'object' && document !== null
    ? document
    : ({ $unreadable: JSON.stringify(document) ?? 'nothing' } satisfies UnreadableDocument);

const inOrder = (left: ParkedEvent, right: ParkedEvent): number =>
  left.position < right.position ? -1 : left.position > right.position ? 1 : compareKeys(left.key, right.key);
