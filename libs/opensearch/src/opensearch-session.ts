// The right to write one generation, or one part of it, fenced by the epoch. One document commits a batch, then it is
// written out. In a bulk load no query reads, so a batch is written while the next one is made; the next commit notes
// that it is written. Partitioned generations write each batch to the end.
import type { Position } from '@mainstem/event-store';
import {
  CheckpointMoved,
  decodeDeclaration,
  dependsOnSize,
  eventMarkText,
  type Checkpoint,
  type CommitBatch,
  type ParkedEvent,
  type ParkedQuery,
  type ProjectionDocument,
  type ReadStoreSession,
} from '@mainstem/projection/adapter';
import type { StoredGeneration } from './bookkeeping/generation-records.js';
import { listParked, parkedKeyCounts } from './bookkeeping/parked-records.js';
import { QUERY_SETTINGS } from './layout/index-definition.js';
import { documentId } from './layout/names.js';
import {
  changeState,
  checkpointOf,
  positionIn,
  reachedIn,
  textOf,
  type State,
  type StatePlace,
  type StoredRequests,
} from './layout/state-document.js';
import type { OpenSearchConnection } from './server/opensearch-connection.js';
import { sendRequests } from './write/bulk-writer.js';
import { bulkRequests, type WrittenCollection } from './write/document-lines.js';
import { finishIntent, storeRequests } from './write/intents.js';
import { assertTaken } from './write/large-documents.js';

const KEYS_PER_REQUEST = 2_000;

/** What a session needs of its store. */
export interface SessionParts {
  readonly connection: OpenSearchConnection;
  readonly opened: StoredGeneration;
  readonly place: StatePlace;
  /** As changed by the opening, without an unfinished batch. */
  readonly state: State;
  /** ISO 8601 in UTC. */
  readonly now: () => string;
}

interface MultiGetAnswer {
  readonly docs: readonly { readonly _source?: { readonly kind: string; readonly key: string; readonly document: ProjectionDocument } }[];
}

export class OpenSearchSession implements ReadStoreSession {
  readonly generation: number;
  readonly checkpoint: Checkpoint;
  readonly #parts: SessionParts;
  readonly #collections: ReadonlyMap<string, WrittenCollection>;
  #state: State;
  /** The last batch of a bulk load, on its way. Never rejects: `#written` reports a failure. */
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;
  /** True when closed, or after a failure with an unknown outcome. */
  #isOver = false;

  constructor(parts: SessionParts) {
    const { opened, state } = parts;
    this.#parts = parts;
    this.#state = state;
    this.generation = opened.meta.number;
    this.checkpoint = checkpointOf(opened.meta, state.body, state.body.isBulk);
    this.#collections = new Map(
      opened.meta.collections.map(({ name, declaration }, place) => [name, { place, declaration: decodeDeclaration(declaration) }]),
    );
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    const { connection, place } = this.#parts;
    const documents = new Map<string, ProjectionDocument>();
    await this.#written();
    for (let start = 0; start < keys.length; start += KEYS_PER_REQUEST) {
      const ids = keys.slice(start, start + KEYS_PER_REQUEST).map((key) => documentId(collection, key));
      const { body } = await connection.request<MultiGetAnswer>({ method: 'POST', path: `/${place.alias}/_mget`, body: JSON.stringify({ ids }) });
      for (const { _source } of body.docs) if (_source?.kind === 'document') documents.set(_source.key, _source.document);
    }
    return documents;
  }

  async commit(batch: CommitBatch): Promise<void> {
    this.#assertMine(batch.checkpoint.from);
    const commit = this.#state.body.commit + 1;
    const { requests, large } = bulkRequests(batch, commit, this.#collections);
    if (large.length > 0) await assertTaken(this.#parts.connection, this.#parts.place, { epoch: this.#state.body.epoch, commit, documents: large });
    // From here on a failure has an unknown outcome, and ends the session.
    this.#isOver = true;
    await this.#write(
      batch,
      commit,
      requests.map(({ lines }) => lines),
    );
    this.#isOver = false;
  }

  async finishBulk(): Promise<void> {
    const { connection, place, now } = this.#parts;
    this.#assertMine(this.#reached);
    await this.#written();
    await connection.request({ method: 'PUT', path: `/${place.alias}/_settings`, body: QUERY_SETTINGS, expected: [404] });
    await connection.request({ method: 'POST', path: `/${place.alias}/_refresh`, expected: [404] });
    this.#isOver = true;
    this.#state = await changeState(connection, place, this.#state, {
      ...reachedIn(this.#state.body),
      intent: null,
      isBulk: false,
      updatedAt: now(),
    });
    this.#isOver = false;
  }

  async parked(query: ParkedQuery): Promise<readonly ParkedEvent[]> {
    const { connection, place } = this.#parts;
    await this.#written();
    return this.#mayHaveParked ? listParked(connection, place.alias, query) : [];
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    const { connection, place } = this.#parts;
    await this.#written();
    return this.#mayHaveParked ? parkedKeyCounts(connection, place.alias) : new Map<string, number>();
  }

  /** Waits for the batch on its way; if it fails, the next session completes it. */
  async close(): Promise<void> {
    this.#isOver = true;
    await this.#writing;
  }

  async #write({ checkpoint, park = [] }: CommitBatch, commit: number, requests: readonly string[]): Promise<void> {
    const { connection, place, now } = this.#parts;
    const { epoch } = this.#state.body;
    const [to, digest, lastEvent] = [textOf(checkpoint.to), checkpoint.digest, eventMarkText(checkpoint.lastEvent)];
    if (requests.length === 0) {
      await this.#written();
      this.#state = await changeState(connection, place, this.#state, { position: to, digest, lastEvent, commit, intent: null, updatedAt: now() });
      return;
    }
    const hasParked = this.#state.body.hasParked || park.length > 0;
    const commitStored = async (stored: StoredRequests): Promise<void> => {
      await this.#written();
      // This write commits the batch: the next session finishes what this one does not.
      const intent = { to, digest, lastEvent, commit, epoch, requests: stored };
      this.#state = await changeState(connection, place, this.#state, {
        ...reachedIn(this.#state.body),
        commit,
        hasParked,
        intent,
        updatedAt: now(),
      });
    };
    const batch = { epoch, commit, requests };
    const stored = await storeRequests(connection, place, batch, false);
    try {
      await commitStored(stored);
    } catch (error) {
      // The state document was not written: it is too large with the batch in it.
      if (!dependsOnSize(error) || this.#failure !== undefined || typeof stored === 'number') throw error;
      await commitStored(await storeRequests(connection, place, batch, true));
    }
    if (this.#writesMeanwhile) this.#writeMeanwhile(commit, requests);
    else this.#state = await finishIntent(connection, place, this.#state, { requests, updatedAt: now() });
  }

  /** A session of another part may end the bulk load at any time, and from then on queries read what is committed. */
  get #writesMeanwhile(): boolean {
    return this.#state.body.isBulk && this.#isWhole;
  }

  /** Sessions of other parts park events, too. */
  get #mayHaveParked(): boolean {
    return this.#state.body.hasParked || !this.#isWhole;
  }

  get #isWhole(): boolean {
    return this.#parts.opened.states.length === 1;
  }

  #writeMeanwhile(version: number, requests: readonly string[]): void {
    const { connection, place } = this.#parts;
    this.#writing = sendRequests(connection, { ...place, version }, requests).catch((error: unknown) => {
      this.#isOver = true;
      this.#failure = error ?? new TypeError('no reason');
    });
  }

  /** Resolves when all commits so far are written out and durable. Errors: those of `sendRequests`. */
  async #written(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  get #reached(): Position | undefined {
    return positionIn(reachedIn(this.#state.body).position);
  }

  #assertMine(from: Position | undefined): void {
    const { place } = this.#parts;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isOver || this.#reached !== from) throw new CheckpointMoved(place.projection, place.number);
  }
}
