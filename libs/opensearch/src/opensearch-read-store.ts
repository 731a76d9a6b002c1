// Read models in OpenSearch: one index a generation, behind an alias. One document commits a batch before its writing.
import { isMainstemError, systemRuntime, type Incarnation, type Runtime } from '@mainstem/event-store';
import type { ReadStore, SearchCollections, SearchQueries, SearchRequest } from '@mainstem/projection';
import {
  assertPromotable,
  CheckpointMoved,
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
  type ParkedEvent,
  type ProjectionDescriptor,
  type PromoteOptions,
  type ScanEntry,
  type ScanOptions,
  type SearchResult,
} from '@mainstem/projection/adapter';
import { InvalidOpenSearchOptions } from './errors.js';
import { Catalog, type CatalogGeneration, type Leftover } from './layout/catalog.js';
import { Claims } from './generation/claims.js';
import { ControlIndex } from './layout/control-index.js';
import { Dropping, isDropped } from './generation/dropping.js';
import { collectionsOf, type GenerationMeta } from './layout/index-definition.js';
import { Leases } from './generation/leases.js';
import { Making } from './generation/making.js';
import { assertPrefix, servingAlias } from './layout/names.js';
import { Serving } from './generation/serving.js';
import type { OpenSearchLocation } from './opensearch-location.js';
import { generationOf, type PartStates, type StateBody } from './layout/state-document.js';
import { OpenSearchSession } from './opensearch-session.js';
import { searchDifferences } from './read/derived-check.js';
import { listParked } from './read/parked-events.js';
import { withPointInTime } from './read/point-in-time.js';
import { Refreshes } from './read/refreshes.js';
import { Searcher } from './read/searcher.js';
import { withView } from './read/view.js';
import { SearchServer } from './server/search-server.js';
import { RACES_MAX, takeOver } from './write/take-over.js';

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
  readonly #catalog: Catalog;
  readonly #serving: Serving;
  readonly #dropping: Dropping;
  readonly #making: Making;
  readonly #searcher: Searcher;
  readonly #leases: Leases;
  readonly #claims: Claims;
  readonly #refreshes: Refreshes;

  private constructor(
    readonly name: string,
    private readonly server: SearchServer,
    location: OpenSearchLocation,
    private readonly collections: SearchCollections,
  ) {
    this.#catalog = new Catalog(server, location.prefix ?? PREFIX);
    const control = new ControlIndex(server, this.#catalog.prefix);
    this.#serving = new Serving(server, control, this.#catalog);
    this.#dropping = new Dropping(server, this.#catalog, this.#serving);
    this.#making = new Making(server, this.#catalog, this.#serving, { replicas: location.replicas ?? REPLICAS });
    this.#leases = new Leases(server, control);
    this.#claims = new Claims(control);
    this.#searcher = new Searcher(server, this.#catalog);
    this.#refreshes = new Refreshes(server);
  }

  /**
   * Errors: READ_STORE_INVALID_OPTIONS, PROJECTION_INVALID_DEFINITION for wrong declarations, READ_STORE_UNAVAILABLE,
   * READ_STORE_UNSUPPORTED_SERVER, READ_STORE_PERMISSION_DENIED.
   */
  static async open(
    location: OpenSearchLocation,
    { collections = {}, runtime = systemRuntime, name = 'search' }: OpenSearchOptions = {},
  ): Promise<OpenSearchReadStore> {
    if (!/^https?:\/\//.test(location.url) || !URL.canParse(location.url))
      throw new InvalidOpenSearchOptions('its URL must begin with http:// or https://');
    assertPrefix(location.prefix ?? PREFIX);
    const flaw = flawOfStoreName(name);
    if (flaw !== undefined) throw new InvalidOpenSearchOptions(flaw);
    // A wrong declaration must fail when the store is opened.
    const names = Object.keys(collections).map((name) => ({ name, document: Object as never, hasState: false }));
    collectionsOf({ name: 'options', version: 1, fingerprint: '', collections: names }, collections);
    return new OpenSearchReadStore(name, await SearchServer.open(location.url, runtime, name), location, collections);
  }

  async generations(projection?: string): Promise<readonly Generation[]> {
    return (await this.#catalog.list(projection)).map(({ described }) => described);
  }

  async createGeneration(
    projection: ProjectionDescriptor,
    incarnation: Incarnation,
    { isBulk = false, isSide = false }: CreateGenerationOptions = {},
  ): Promise<Generation> {
    const { name, version, fingerprint, partitions = 1 } = projection;
    const collections = collectionsOf(projection, this.collections);
    const described = {
      prefix: this.#catalog.prefix,
      projection: name,
      version,
      fingerprint,
      incarnation,
      isSide,
      createdAt: this.#now(),
      collections,
    };
    await this.#claims.claim(name, namesOf(projection), await this.#catalog.entries());
    const number = await this.#making.make({ ...described, ...(partitions > 1 && { partitions }), ...(isBulk && { wasBulk: true }) });
    await this.#keepCollections(projection, number);
    if (!isBulk && !isSide) await this.#serveIfNoneDoes(name, number);
    return (await this.#catalog.find(name, number)).described;
  }

  async open(projection: ProjectionDescriptor, generation: number, partition = 0): Promise<OpenSearchSession> {
    const { opened, leftovers } = await this.#healed(projection.name, generation);
    await this.#making.removeLeftovers(leftovers);
    if (opened.meta.fingerprint !== projection.fingerprint) throw new FingerprintMismatch(projection.name, generation);
    this.#assertSameShape(projection, opened.meta);
    const turn = await this.#claims.claim(projection.name, namesOf(projection), []);
    await this.#claims.release(projection.name, await this.#catalog.entries(projection.name), turn);
    const place = this.#catalog.placeOf(opened.meta, partition);
    const state = await takeOver(this.server, place, this.#now());
    const serving = await this.#serving.noteOpened(projection.name);
    // Another generation was chosen meanwhile: queries must not see what this session writes.
    if (serving !== generation) await this.#serving.switchIfUndone(await this.#catalog.list(projection.name), serving);
    return new OpenSearchSession({ server: this.server, opened, place, state, now: () => this.#now() });
  }

  async promote(projection: string, generation: number, options: PromoteOptions = {}): Promise<void> {
    for (let race = 1; race <= RACES_MAX; race++) {
      const found = await this.#serving.restored(projection);
      const generations = await this.#catalog.list(projection);
      const next = generations.find(({ meta }) => meta.number === generation);
      if (!next || isDropped(found?.control, generation)) throw new UnknownGeneration(projection, generation);
      if (!found) continue;
      const serving = generations.find(({ isServing }) => isServing);
      if (serving === next) return;
      assertPromotable(next.described, serving?.described, options);
      // Its writer is fenced off and makes nothing visible any more; its commits so far count.
      const former = serving && (await this.#retire(serving));
      const current = await this.#catalog.find(projection, generation);
      assertPromotable(current.described, former, options);
      if (!(await this.#serving.decide(found, { serving: generation }))) continue;
      await this.#serving.switchTo(current);
      return;
    }
    throw new CheckpointMoved(projection, generation);
  }

  async dropGeneration(projection: string, generation: number): Promise<void> {
    const turn = await this.#claims.turnOf(projection);
    await this.#dropping.drop(projection, generation);
    await this.#claims.release(projection, await this.#catalog.entries(projection), turn);
  }

  async projections(): Promise<readonly string[]> {
    const [entries, owners] = await Promise.all([this.#catalog.entries(), this.#claims.owners()]);
    return [...new Set([...entries.map(({ meta }) => meta.projection), ...owners])];
  }

  /** After an interruption, call it again: the collections are released last. */
  async forget(projection: string): Promise<void> {
    await this.#dropping.forget(projection);
    await this.#leases.forget(projection);
    await this.#claims.release(projection, [], null);
  }

  async scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.snapshot(projection, generation, (snapshot) => snapshot.scan(collection, options));
  }

  async snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return withPointInTime(this.server, await this.#catalog.find(projection, generation), work);
  }

  async checkDerived(projection: string, generation: number, signal?: AbortSignal): Promise<readonly DerivedDifference[]> {
    const { index, meta } = await this.#catalog.find(projection, generation);
    return withView(this.server, index, async (view) => {
      const differences: DerivedDifference[] = [];
      for (const [place, one] of meta.collections.entries()) differences.push(...(await searchDifferences(view, { meta: one, place }, signal)));
      return differences;
    });
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    const serving = (await this.#catalog.list(projection)).find(({ isServing }) => isServing);
    return serving?.states.some(({ hasParked }) => hasParked) ? listParked(this.server, serving.index, { limit }) : [];
  }

  /** One refresh for all callers at the same time. Errors: READ_STORE_UNAVAILABLE. */
  async makeVisible(projections: readonly string[]): Promise<void> {
    await Promise.all(projections.map((projection) => this.#refreshes.refresh(servingAlias(this.#catalog.prefix, projection))));
  }

  get<Document extends object>(collection: string, key: string): Promise<Document | undefined> {
    return this.#searcher.get<Document>(collection, key);
  }

  /** Besides the port's promise: pages are stable until the server merges segments, which moves ranks a little. */
  search<Document extends object>(collection: string, request: SearchRequest): Promise<SearchResult<Document>> {
    return this.#searcher.search<Document>(collection, request);
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

  async close(): Promise<void> {
    await this.server.close();
  }

  #now(): string {
    return new Date(this.server.runtime.now()).toISOString();
  }

  /** Carries out decisions that another process only recorded. Returns the generation and the leftovers. */
  async #healed(projection: string, generation: number): Promise<{ readonly opened: CatalogGeneration; readonly leftovers: readonly Leftover[] }> {
    const found = await this.#serving.found(projection);
    const before = await this.#catalog.survey(projection);
    if (!before.generations.some(({ meta }) => meta.number === generation)) throw new UnknownGeneration(projection, generation);
    const wasSwitched = await this.#serving.switchIfUndone(before.generations, found?.control.serving);
    const wasDeleted = await this.#dropping.finish(before.generations, found?.control);
    const { generations, leftovers } = wasSwitched || wasDeleted ? await this.#catalog.survey(projection) : before;
    const opened = generations.find(({ meta }) => meta.number === generation);
    if (!opened) throw new UnknownGeneration(projection, generation);
    return { opened, leftovers };
  }

  /** If several begin at the same time, one serves. */
  async #serveIfNoneDoes(projection: string, number: number): Promise<void> {
    for (let race = 1; race <= RACES_MAX; race++) {
      const found = await this.#serving.restored(projection);
      const generations = await this.#catalog.list(projection);
      const created = generations.find(({ meta }) => meta.number === number);
      const decided = generations.some(({ meta }) => meta.number === found?.control.serving);
      if (!created || decided || generations.some(({ isServing }) => isServing)) return;
      if (found && (await this.#serving.decide(found, { serving: number }))) return this.#serving.switchTo(created);
    }
  }

  /** Fences off the serving generation and returns its final checkpoint; all parts at once, to be quick. */
  async #retire({ meta, states: [first, ...others] }: CatalogGeneration): Promise<Generation> {
    const take = async (_: StateBody, partition: number): Promise<StateBody> =>
      (await takeOver(this.server, this.#catalog.placeOf(meta, partition), this.#now(), { hasServed: true })).body;
    const states: PartStates = await Promise.all([take(first, 0), ...others.map((state, index) => take(state, index + 1))]);
    return generationOf(meta, states, false);
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

const PREFIX = 'mainstem';
const REPLICAS = 1;
