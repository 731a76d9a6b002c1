// Verifies a read model: does it equal the fold of the events, byte for byte?
import { isPositionBefore, type EventReader, type Position } from '@mainstem/event-store';
import type { AnyProjection, HostedProjection } from '../definition/hosted-projection.js';
import { ProjectionChanged } from '../generations/errors.js';
import { assertOfEventStore, generationOf, servingOf } from '../generations/generations-of.js';
import { UnknownGeneration } from '../read-store/errors.js';
import { checkpointIn, partitionsOf, type Partition } from '../read-store/partition.js';
import { Differences, type VerifyDifference } from './differences.js';
import { verifyDocuments } from './verify-documents.js';
import { verifyHandler } from './verify-handler.js';
import type { VerifyProgress, VerifyWork } from './verify-work.js';

export interface VerifyOptions {
  readonly reader: EventReader;
  readonly hosted: HostedProjection;
  /** Default: the serving generation. */
  readonly generation?: number;
  /**
   * Share of the documents, above 0 and up to 1 (default): always the same ones. Roll-ups are compared only with 1,
   * tables of handlers always completely.
   */
  readonly sample?: number;
  /** Approximate memory for the documents of a pass; the process needs three times as much. Default 128 MiB. */
  readonly memoryBytesMax?: number;
  /** The most passes over the events; each takes the keys that fit into memory. Default 1,024. */
  readonly keyRangesMax?: number;
  /** The most differences in the report; all are counted. Default 1,000. */
  readonly differencesMax?: number;
  readonly signal?: AbortSignal;
  /** Called after each batch; cheap to ignore. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Called for every difference, listed or not. It starts again after a replay of parked events. */
  readonly onDifference?: (difference: VerifyDifference) => void;
}

export interface VerifyReport {
  readonly projection: string;
  readonly store: string;
  readonly generation: number;
  /** The compared state; documents of later passes were compared in later ones. */
  readonly position: Position | undefined;
  /** Nothing differs. */
  readonly isSame: boolean;
  /** Of the applied events: the checkpoint's, and the event store's. */
  readonly digest: { readonly stored: string; readonly expected: string };
  readonly documentsCompared: number;
  readonly documentsDiffering: number;
  readonly fieldsDiffering: number;
  /** The first ones. */
  readonly differences: readonly VerifyDifference[];
  /** Collections that a sample cannot compare. */
  readonly skipped: readonly string[];
}

const MEMORY_BYTES_MAX = 128 * 1024 * 1024;
const KEY_RANGES_MAX = 1_024;
const DIFFERENCES_MAX = 1_000;

/**
 * Folds the wanted events again, from the first one up to the checkpoint of the serving generation. It compares every
 * document, roll-up and table with the stored ones, and with what the store derives from them. The projection may go on
 * meanwhile: each comparison is of one state. It changes nothing, except for a handler projection's scratch generation,
 * which it drops. Errors: READ_STORE_UNKNOWN_GENERATION if none serves, PROJECTION_CHANGED,
 * PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_FAILED, PROJECTION_VERIFY_DISTURBED, PROJECTION_VERIFY_TOO_LARGE,
 * EVENT_STORE_ABORTED, those of the stores.
 */
export const verifyProjection = async (options: VerifyOptions): Promise<VerifyReport> => {
  const { hosted, sample = 1, signal } = options;
  const { projection, store } = hosted;
  if (!(sample > 0 && sample <= 1)) throw new RangeError(`sample must be above 0 and at most 1, got ${sample}`);
  const generation = await chosenGeneration(options);
  const reports: VerifyReport[] = [];
  // Each part is compared in its own state. Derived data belongs to no part: it is checked once.
  for (const partition of partitionsOf(projection)) {
    const report = new ReportWriter(options, generation);
    if (projection.kind === 'document') await verifyDocuments(report.work(projection, partition));
    else await verifyHandler(report.work(projection, partition));
    if (partition.number === partition.count - 1) {
      for (const derived of (await store.checkDerived?.(projection.name, generation, signal)) ?? []) report.addDerived(derived);
    }
    reports.push(report.finish());
  }
  return reports.reduce((all, one) => joined(all, one, options.differencesMax ?? DIFFERENCES_MAX));
};

/** Of all parts: the position of the part furthest behind, the first digest that differs. */
const joined = (one: VerifyReport, other: VerifyReport, listedMax: number): VerifyReport => {
  const slowest = isPositionBefore(other.position, one.position) ? other : one;
  const differing = [one, other].find(({ digest: { stored, expected } }) => stored !== expected);
  return {
    ...slowest,
    digest: (differing ?? slowest).digest,
    isSame: one.isSame && other.isSame,
    documentsCompared: one.documentsCompared + other.documentsCompared,
    documentsDiffering: one.documentsDiffering + other.documentsDiffering,
    fieldsDiffering: one.fieldsDiffering + other.fieldsDiffering,
    differences: [...one.differences, ...other.differences].slice(0, listedMax),
  };
};

const chosenGeneration = async ({ reader, hosted: { projection, store }, generation }: VerifyOptions): Promise<number> => {
  const generations = await store.generations(projection.name);
  const chosen = generation === undefined ? servingOf(generations) : generationOf(generations, generation);
  if (!chosen) throw new UnknownGeneration(projection.name, generation ?? 1);
  assertOfEventStore(projection.name, [chosen], reader.incarnation);
  if (chosen.fingerprint !== projection.fingerprint) throw new ProjectionChanged(projection.name, chosen.number);
  return chosen.number;
};

class ReportWriter {
  #differences: Differences;
  #position: Position | undefined;
  #digest = { stored: '', expected: '' };

  constructor(
    private readonly options: VerifyOptions,
    private readonly generation: number,
  ) {
    this.#differences = this.#none();
  }

  work<Projection extends AnyProjection>(projection: Projection, partition: Partition): VerifyWork<Projection> {
    const { reader, hosted, sample = 1, memoryBytesMax = MEMORY_BYTES_MAX, keyRangesMax = KEY_RANGES_MAX, signal, onProgress } = this.options;
    const { store } = hosted;
    const { generation } = this;
    const differences = (): Differences => this.#differences;
    return {
      reader,
      projection,
      store,
      generation,
      partition,
      share: sample,
      memoryBytesMax,
      keyRangesMax,
      signal,
      get differences() {
        return differences();
      },
      snapshot: (use) =>
        store.snapshot(projection.name, generation, (snapshot) => {
          const checkpoint = checkpointIn(snapshot.generation, partition.number);
          return use({
            generation: { ...snapshot.generation, checkpoint },
            scan: (collection, options) => snapshot.scan(collection, options),
            parked: (selection) => snapshot.parked(selection),
          });
        }),
      tell: (progress) => onProgress?.({ projection: projection.name, ...progress }),
      reached: (position, digest) => {
        this.#position = position;
        this.#digest = digest;
      },
      restart: () => void (this.#differences = this.#none()),
    };
  }

  addDerived({
    collection,
    key,
    field,
    stored,
    expected,
  }: Pick<VerifyDifference, 'collection' | 'key' | 'stored' | 'expected'> & { field: string }): void {
    this.#differences.documents++;
    this.#differences.add({ collection, key, kind: 'derived', field, stored, expected });
  }

  finish(): VerifyReport {
    const { projection, store } = this.options.hosted;
    const { listed, compared, documents, fields } = this.#differences;
    const isSampled = (this.options.sample ?? 1) < 1;
    return {
      projection: projection.name,
      store: store.name,
      generation: this.generation,
      position: this.#position,
      isSame: fields === 0 && this.#digest.stored === this.#digest.expected,
      digest: this.#digest,
      documentsCompared: compared,
      documentsDiffering: documents,
      fieldsDiffering: fields,
      differences: listed,
      skipped: isSampled && projection.kind === 'document' ? projection.rollUps.map(({ name }) => name) : [],
    };
  }

  #none(): Differences {
    const { hosted, differencesMax = DIFFERENCES_MAX, onDifference } = this.options;
    return new Differences({ store: hosted.store.name, projection: hosted.projection.name }, { listedMax: differencesMax, onDifference });
  }
}
