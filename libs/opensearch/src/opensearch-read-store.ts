// Read models in OpenSearch: one index a generation, behind an alias. One document commits a batch before its writing.
import { isMainstemError, systemRuntime, type Incarnation, type Runtime } from '@mainstem/event-store';
import type { ReadStore, SearchCollections, SearchQueries, SearchRequest } from '@mainstem/projection';
import {
  FingerprintMismatch,
  flawOfStoreName,
  UnknownGeneration,
  type CreateGenerationOptions,
  type DerivedDifference,
  type Generation,
  type GenerationSnapshot,
  type HeldLease,
  type LeaseAnswer,
  type LeaseClaim,
  type LeaseKey,
  type Note,
  type ParkedEvent,
  type ProjectionDescriptor,
  type PromoteOptions,
  type ScanEntry,
  type ScanOptions,
  type SearchResult,
} from '@mainstem/projection/adapter';
import { Claims } from './bookkeeping/claims.js';
import { Dropping } from './bookkeeping/dropping.js';
import { GenerationRecords, type StoredGeneration, type Leftover } from './bookkeeping/generation-records.js';
import { LeaseRecords } from './bookkeeping/lease-records.js';
import { NoteRecords } from './bookkeeping/note-records.js';
import { Making } from './bookkeeping/making.js';
import { listParked } from './bookkeeping/parked-records.js';
import { Serving } from './bookkeeping/serving.js';
import { InvalidOpenSearchOptions } from './errors.js';
import { ControlIndex } from './layout/control-index.js';
import { collectionsOf, type GenerationMeta } from './layout/index-definition.js';
import { servingAlias } from './layout/names.js';
import { OpenSearchSession } from './opensearch-session.js';
import { searchDifferences } from './read/derived-check.js';
import { Refreshes } from './read/refreshes.js';
import { SearchReader } from './read/search-reader.js';
import { withSnapshot } from './read/snapshot.js';
import { withView } from './read/view.js';
import { OpenSearchConnection } from './server/opensearch-connection.js';
import { openSearchTargetOf, type OpenSearchLocation } from './server/opensearch-target.js';
import { takeOver } from './write/take-over.js';

export interface OpenSearchOptions {
  /** Text fields and filters by collection. Only writing processes need them; queries use what was written. */
  readonly collections?: SearchCollections;
  readonly runtime?: Runtime;
  /** Its name in status, messages and `--store`; give each its own if a process has several. Default `search`. */
  readonly name?: string;
}

/** The read store port and the search port on OpenSearch. One instance serves any number of projections and queries. */
export class OpenSearchReadStore implements ReadStore, SearchQueries {
  /** A batch takes effect as a whole, but queries may see its documents one by one. */
  readonly hasAtomicCheckpoint = false;
  readonly hasTransactions = false;
  readonly hasPartitions = true;
  readonly #generations: GenerationRecords;
  readonly #claims: Claims;
  readonly #leases: LeaseRecords;
  readonly #notes: NoteRecords;
  readonly #making: Making;
  readonly #serving: Serving;
  readonly #dropping: Dropping;
  readonly #reader: SearchReader;
  readonly #refreshes: Refreshes;

  private constructor(
    readonly name: string,
    private readonly connection: OpenSearchConnection,
    { prefix, replicas }: Required<OpenSearchLocation>,
    private readonly collections: SearchCollections,
  ) {
    this.#generations = new GenerationRecords(connection, prefix);
    const control = new ControlIndex(connection, prefix);
    this.#claims = new Claims(control);
    this.#leases = new LeaseRecords(connection, control);
    this.#notes = new NoteRecords(connection, control);
    this.#serving = new Serving(connection, control, this.#generations);
    this.#making = new Making(connection, this.#generations, this.#serving, { replicas });
    this.#dropping = new Dropping(connection, this.#generations, this.#serving);
    this.#reader = new SearchReader(connection, this.#generations);
    this.#refreshes = new Refreshes(connection);
  }

  /**
   * Errors: READ_STORE_INVALID_OPTIONS, PROJECTION_INVALID_DEFINITION for wrong declarations, READ_STORE_UNAVAILABLE,
   * READ_STORE_UNSUPPORTED_SERVER, READ_STORE_PERMISSION_DENIED.
   */
  static async open(
    location: OpenSearchLocation,
    { collections = {}, runtime = systemRuntime, name = 'search' }: OpenSearchOptions = {},
  ): Promise<OpenSearchReadStore> {
    const target = openSearchTargetOf(location);
    const flaw = flawOfStoreName(name);
    if (flaw !== undefined) throw new InvalidOpenSearchOptions(flaw);
    // A wrong declaration must fail when the store is opened.
    const names = Object.keys(collections).map((name) => ({ name, document: Object as never, hasState: false }));
    collectionsOf({ name: 'options', version: 1, fingerprint: '', collections: names }, collections);
    return new OpenSearchReadStore(name, await OpenSearchConnection.open(target.url, runtime, name), target, collections);
  }

  async generations(projection?: string): Promise<readonly Generation[]> {
    return (await this.#generations.list(projection)).map(({ described }) => described);
  }

  async createGeneration(
    projection: ProjectionDescriptor,
    incarnation: Incarnation,
    { isBulk = false, isSide = false }: CreateGenerationOptions = {},
  ): Promise<Generation> {
    const { name, version, fingerprint, partitions = 1 } = projection;
    const collections = collectionsOf(projection, this.collections);
    const described = {
      prefix: this.#generations.prefix,
      projection: name,
      version,
      fingerprint,
      incarnation,
      isSide,
      createdAt: this.#now(),
      collections,
    };
    await this.#claims.claim(name, namesOf(projection), await this.#generations.entries());
    const number = await this.#making.make({ ...described, ...(partitions > 1 && { partitions }), ...(isBulk && { wasBulk: true }) });
    await this.#keepCollections(projection, number);
    if (!isBulk && !isSide) await this.#serving.beginIfNoneServes(name, number);
    return (await this.#generations.find(name, number)).described;
  }

  async open(projection: ProjectionDescriptor, generation: number, partition = 0): Promise<OpenSearchSession> {
    const { opened, leftovers } = await this.#healed(projection.name, generation);
    await this.#making.removeLeftovers(leftovers);
    if (opened.meta.fingerprint !== projection.fingerprint) throw new FingerprintMismatch(projection.name, generation);
    this.#assertSameShape(projection, opened.meta);
    const turn = await this.#claims.claim(projection.name, namesOf(projection), []);
    await this.#claims.release(projection.name, await this.#generations.entries(projection.name), turn);
    const place = this.#generations.placeOf(opened.meta, partition);
    const state = await takeOver(this.connection, place, this.#now());
    const serving = await this.#serving.noteOpened(projection.name);
    // Another generation was chosen meanwhile: queries must not see what this session writes.
    if (serving !== generation) await this.#serving.switchIfUndone(await this.#generations.list(projection.name), serving);
    return new OpenSearchSession({ connection: this.connection, opened, place, state, now: () => this.#now() });
  }

  async promote(projection: string, generation: number, options: PromoteOptions = {}): Promise<void> {
    await this.#serving.promote(projection, generation, options);
  }

  async dropGeneration(projection: string, generation: number): Promise<void> {
    const turn = await this.#claims.turnOf(projection);
    await this.#dropping.drop(projection, generation);
    await this.#claims.release(projection, await this.#generations.entries(projection), turn);
  }

  async projections(): Promise<readonly string[]> {
    const [entries, owners] = await Promise.all([this.#generations.entries(), this.#claims.owners()]);
    return [...new Set([...entries.map(({ meta }) => meta.projection), ...owners])];
  }

  /** After an interruption, call it again: the collections are released last. */
  async forget(projection: string): Promise<void> {
    await this.#dropping.forget(projection);
    await this.#leases.forget(projection);
    await this.#notes.forget(projection);
    await this.#claims.release(projection, [], null);
  }

  async scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.snapshot(projection, generation, (snapshot) => snapshot.scan(collection, options));
  }

  async snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return withSnapshot(this.connection, await this.#generations.find(projection, generation), work);
  }

  async checkDerived(projection: string, generation: number, signal?: AbortSignal): Promise<readonly DerivedDifference[]> {
    const { index, meta } = await this.#generations.find(projection, generation);
    return withView(this.connection, index, async (view) => {
      const differences: DerivedDifference[] = [];
      for (const [place, one] of meta.collections.entries()) differences.push(...(await searchDifferences(view, { meta: one, place }, signal)));
      return differences;
    });
  }

  /** One refresh for all callers at the same time. Errors: READ_STORE_UNAVAILABLE. */
  async makeVisible(projections: readonly string[]): Promise<void> {
    await Promise.all(projections.map((projection) => this.#refreshes.refresh(servingAlias(this.#generations.prefix, projection))));
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    const serving = (await this.#generations.list(projection)).find(({ isServing }) => isServing);
    return serving?.states.some(({ hasParked }) => hasParked) ? listParked(this.connection, serving.index, { limit }) : [];
  }

  claimLease(claim: LeaseClaim): Promise<LeaseAnswer> {
    return this.#leases.claim(claim);
  }

  releaseLease(lease: LeaseKey & { readonly owner: string }): Promise<void> {
    return this.#leases.release(lease);
  }

  leases(projection?: string): Promise<readonly HeldLease[]> {
    return this.#leases.list(projection);
  }

  notes(projections: readonly string[]): Promise<readonly Note[]> {
    return this.#notes.list(projections);
  }

  async note(projection: string, name: string, text: string | undefined): Promise<void> {
    if (text === undefined) await this.#notes.remove({ projection, name });
    else await this.#notes.keep({ projection, name, text });
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /** The server's clock, in milliseconds since 1970; it is told with a write. Errors: those of writes. */
  serverTimeMs(): Promise<number> {
    return this.#leases.now();
  }

  get<Document extends object>(collection: string, key: string): Promise<Document | undefined> {
    return this.#reader.get<Document>(collection, key);
  }

  /** Besides the port's promise: pages are stable until the server merges segments, which moves ranks a little. */
  search<Document extends object>(collection: string, request: SearchRequest): Promise<SearchResult<Document>> {
    return this.#reader.search<Document>(collection, request);
  }

  #now(): string {
    return new Date(this.connection.runtime.now()).toISOString();
  }

  /** Carries out decisions that another process only recorded. Returns the generation and the leftovers. */
  async #healed(projection: string, generation: number): Promise<{ readonly opened: StoredGeneration; readonly leftovers: readonly Leftover[] }> {
    const found = await this.#serving.found(projection);
    const before = await this.#generations.survey(projection);
    if (!before.generations.some(({ meta }) => meta.number === generation)) throw new UnknownGeneration(projection, generation);
    const wasSwitched = await this.#serving.switchIfUndone(before.generations, found?.control.serving);
    const wasDeleted = await this.#dropping.finish(before.generations, found?.control);
    const { generations, leftovers } = wasSwitched || wasDeleted ? await this.#generations.survey(projection) : before;
    const opened = generations.find(({ meta }) => meta.number === generation);
    if (!opened) throw new UnknownGeneration(projection, generation);
    return { opened, leftovers };
  }

  /**
   * Claims again: another process may have released the collections before this generation existed. If the claim fails,
   * the new generation is dropped. Errors: those of `Claims.claim`.
   */
  async #keepCollections(projection: ProjectionDescriptor, number: number): Promise<void> {
    try {
      await this.#claims.claim(projection.name, namesOf(projection), []);
    } catch (error) {
      if (isMainstemError(error, 'PROJECTION_INVALID_DEFINITION')) await this.#dropping.drop(projection.name, number);
      throw error;
    }
  }

  /** The fingerprint does not cover the searched fields: other fields need another index. */
  #assertSameShape(projection: ProjectionDescriptor, { number, collections }: GenerationMeta): void {
    if (JSON.stringify(collectionsOf(projection, this.collections)) !== JSON.stringify(collections)) {
      throw new FingerprintMismatch(projection.name, number);
    }
  }
}

const namesOf = ({ collections }: ProjectionDescriptor): readonly string[] => collections.map(({ name }) => name);
