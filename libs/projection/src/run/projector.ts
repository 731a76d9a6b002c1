// Hosts projections over one event store: each runs by itself; all at the same place share one read.
import { assertCategoriesDiffer, inTime, silenceOf, systemRuntime, type EventReader, type Position, type Runtime } from '@mainstem/event-store';
import { filterFor } from '../definition/wanted-events.js';
import { InvalidProjection } from '../definition/errors.js';
import { assertStoreHosts } from '../definition/assert-store-hosts.js';
import { AmbiguousProjection, UnknownProjection } from './errors.js';
import type { CrashPoints } from '../generations/crash-points.js';
import { HeadWatch } from '../feed/head-watch.js';
import { HostedRunners } from './hosted-runners.js';
import type { Companion, Hosted } from '../definition/hosted-projection.js';
import { assertLease, type LeaseOptions } from './lease-keeper.js';
import type { WaitOptions } from './position-waiters.js';
import { DigestCheck } from '../generations/digest-check.js';
import type { ProjectionObserver } from './projection-observer.js';
import type { ProjectionRunner } from './projection-runner.js';
import type { ProjectionStatus } from './projection-status.js';
import type { ReplayResult } from '../write/replay-parked.js';
import { ServingWatch } from './serving-watch.js';
import { SharedSubscription } from '../feed/shared-subscription.js';

const BATCH_SIZE_MAX_DEFAULT = 10_000;
const CACHE_BYTES_MAX = 128 * 1_048_576;
const STOP_TIMEOUT_MS = 10_000;

export interface ProjectorOptions {
  readonly reader: EventReader;
  /**
   * Each name once for a read store; one projection may fill several, each with its own checkpoints, parked events and
   * status.
   */
  readonly projections: readonly Hosted[];
  readonly runtime?: Runtime;
  /** The most events in one batch, and so in one commit. Default 10,000; live batches hold all that have arrived. */
  readonly batchSizeMax?: number;
  /** Memory of documents between batches, for all projections. Default 128 MiB. */
  readonly cacheBytesMax?: number;
  /**
   * Instances that host the same projections share them: one instance runs each projection, or each part of a
   * partitioned one, and the others stand by. Default: every instance runs all of its projections, and they fence each
   * other off.
   */
  readonly lease?: LeaseOptions;
  /** Called at every change of state or reason; for logs. Its errors become process warnings without other effects. */
  readonly onChange?: (status: ProjectionStatus) => void;
  /** Observes every batch, for metrics and traces. Default: none, at no cost. */
  readonly observe?: ProjectionObserver | undefined;
  /** For tests of recovery; off by default, at no cost. */
  readonly crash?: CrashPoints;
}

/** The name of the read store, if a projection fills several. */
interface ChosenStore {
  readonly store?: string;
}

export class Projector {
  readonly #hosted: readonly HostedRunners[];
  readonly #runtime: Runtime;
  readonly #headWatch: HeadWatch;
  readonly #servingWatch: ServingWatch;
  readonly #subscription: SharedSubscription;
  readonly #companions: readonly Companion[];
  readonly #abort = new AbortController();

  /**
   * Errors: PROJECTOR_INVALID_LEASE, EVENT_STORE_AMBIGUOUS_CATEGORY, those of `assertStoreHosts`.
   * PROJECTION_INVALID_DEFINITION if a name occurs twice in a store, or in two stores of one name.
   * PROJECTION_NOT_PARTITIONABLE for a partitioned one on a store without partitions.
   */
  constructor(options: ProjectorOptions) {
    const { reader, projections, runtime = systemRuntime, batchSizeMax = BATCH_SIZE_MAX_DEFAULT, cacheBytesMax = CACHE_BYTES_MAX } = options;
    assertHostable(projections);
    if (options.lease) assertLease(options.lease);
    const filter = filterFor(projections.map(({ projection }) => projection));
    const subscription = new SharedSubscription({ reader, filter, batchSizeMax, runtime });
    this.#runtime = runtime;
    this.#subscription = subscription;
    this.#headWatch = new HeadWatch(reader, runtime);
    const check = new DigestCheck({ reader, runtime });
    const shared = { reader, subscription, runtime, batchSizeMax, check, crash: options.crash, observe: options.observe, lease: options.lease };
    const cacheShare = Math.floor(cacheBytesMax / Math.max(1, projections.length));
    const onChange = (status: ProjectionStatus): void => notify(options.onChange, status);
    const head = (): Position | undefined => this.#headWatch.head;
    this.#hosted = projections.map((hosted) => new HostedRunners({ ...shared, hosted, cacheBytesMax: cacheShare, head, onChange }));
    this.#companions = projections.flatMap(({ companion }) => companion ?? []);
    this.#servingWatch = new ServingWatch(
      this.#runners.map(({ watched }) => watched),
      runtime,
    );
  }

  /**
   * Returns at once: everything runs in the background and recovers by itself. More calls are harmless, but not after
   * `stop`.
   */
  start(): void {
    for (const hosted of this.#hosted) hosted.start();
    for (const companion of this.#companions) companion.start();
    void this.#headWatch.run(this.#abort.signal, (head) => {
      for (const runner of this.#runners) runner.observeHead(head);
    });
    void this.#servingWatch.run(this.#abort.signal);
  }

  /**
   * Ends all projections after their present batch and closes their sessions, not the stores; other instances take over
   * at once. Takes at most ten seconds, whatever a store does.
   */
  async stop(): Promise<void> {
    this.#abort.abort();
    const stopping = Promise.all([...this.#companions, ...this.#hosted].map((one) => one.stop())).then(() => undefined);
    await inTime(stopping, STOP_TIMEOUT_MS, this.#runtime, () => undefined);
  }

  /**
   * Silent background loops that belong to no single projection, in words: what depends on them is not reliable. The
   * status of a projection shows its own problems.
   */
  troubles(): readonly string[] {
    const silent = [this.#headWatch.silence ?? [], this.#servingWatch.silent(), this.#subscription.silent()].flat();
    return [...silent.map(silenceOf), ...this.#companions.flatMap((companion) => companion.troubles())];
  }

  status(): readonly ProjectionStatus[] {
    return this.#hosted.map((hosted) => hosted.status());
  }

  /**
   * Resolves when queries see everything up to a position in this projection's read model: in the named store, or in
   * all that it fills. Errors: PROJECTION_BEHIND after the timeout, PROJECTION_UNKNOWN, EVENT_STORE_ABORTED.
   */
  async waitFor(projection: string, position: Position, { store, ...options }: WaitOptions & ChosenStore): Promise<void> {
    await Promise.all(this.#find(projection, store).map((hosted) => hosted.waitFor(position, options)));
  }

  /**
   * Folds parked events again, of one key or all, each key in order; the read model then equals one without failures.
   * Events that fail again stay parked with the new error. Errors: PROJECTION_UNKNOWN, PROJECTION_AMBIGUOUS if it fills
   * several stores and none is named, and those of the stores.
   */
  async replayParked(projection: string, { key, store }: { readonly key?: string } & ChosenStore = {}): Promise<ReplayResult> {
    const [hosted, ...others] = this.#find(projection, store);
    if (!hosted || others.length > 0) {
      throw new AmbiguousProjection(
        projection,
        [hosted, ...others].flatMap((one) => one?.store ?? []),
      );
    }
    return hosted.replay(key);
  }

  get #runners(): readonly ProjectionRunner[] {
    return this.#hosted.flatMap(({ all }) => all);
  }

  /** At least one. Errors: PROJECTION_UNKNOWN. */
  #find(projection: string, store: string | undefined): readonly HostedRunners[] {
    const found = this.#hosted.filter((hosted) => hosted.projection === projection && (store === undefined || hosted.store === store));
    if (found.length === 0) throw new UnknownProjection(projection, [...new Set(this.#hosted.map((hosted) => hosted.projection))]);
    return found;
  }
}

const notify = (listener: ProjectorOptions['onChange'], status: ProjectionStatus): void => {
  try {
    listener?.(status);
  } catch (error) {
    process.emitWarning(`onChange of the projector failed: ${String(error)}`);
  }
};

/** For programs whose types say nothing: a list in the list is easily made of what hosts several. */
const assertHosted = (index: number, hosted: unknown): void => {
  const { projection, store } = Object(hosted) as Partial<Hosted>;
  const name = projection?.name ?? `at place ${index}`;
  if (Array.isArray(hosted)) throw new InvalidProjection(name, 'is a list; spread it into the list of projections');
  if (!projection?.wanted) throw new InvalidProjection(name, 'must be { projection, store }');
  if (!store) throw new InvalidProjection(name, 'has no read store');
};

const assertHostable = (projections: readonly Hosted[]): void => {
  if (!Array.isArray(projections)) throw new InvalidProjection('of a projector', 'projections must be a list');
  for (const [index, hosted] of projections.entries()) assertHosted(index, hosted);
  assertCategoriesDiffer(projections.flatMap(({ projection }) => projection.wanted.categories));
  for (const [index, { projection, store }] of projections.entries()) {
    const same = projections.slice(0, index).find((one) => one.projection.name === projection.name && one.store.name === store.name);
    if (same) {
      const where =
        same.store === store
          ? `in read store ${store.name}`
          : `in two read stores that are both called ${store.name}; open one of them with another name`;
      throw new InvalidProjection(projection.name, `is hosted twice ${where}`);
    }
    if (projection.kind !== 'reaction') assertStoreHosts(projection, store);
  }
};
