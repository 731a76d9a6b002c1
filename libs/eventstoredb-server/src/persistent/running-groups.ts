// The groups while they are served. The log feeds them, and they tick once a second.
import { inTime } from '@mainstem/event-store';
import { CheckpointStream } from './checkpoint-stream.js';
import { GroupReader } from './group-reader.js';
import { groupKey, type GroupSettings } from './group-settings.js';
import { Group } from './group.js';
import type { StoredGroup } from './groups-document.js';
import { LiveFeed } from './live-feed.js';
import { ParkedStream } from './parked-stream.js';
import { nameOfSource } from './source.js';
import type { ServingOptions } from './serving-options.js';

const TICK_MS = 1_000;
const START_MS_MAX = 1_000;

export class RunningGroups {
  readonly #options: ServingOptions;
  readonly #feed: LiveFeed;
  readonly #groups = new Map<string, Group>();
  /** Every source that has, or had, a group. */
  readonly #bySource = new Map<string, Set<Group>>();
  readonly #closing = new AbortController();
  readonly #ticking: Promise<void>;

  constructor(options: ServingOptions) {
    this.#options = options;
    this.#feed = new LiveFeed(options);
    this.#ticking = this.#tick();
  }

  get(key: string): Group | undefined {
    return this.#groups.get(key);
  }

  /** Ordered by the names of their sources. */
  all(): readonly Group[] {
    const names = [...this.#bySource.keys()].toSorted();
    return names.flatMap((name) => [...(this.#bySource.get(name) ?? [])]);
  }

  /** Undefined if the source never had a group. */
  ofSource(name: string): readonly Group[] | undefined {
    const groups = this.#bySource.get(name);
    return groups && [...groups];
  }

  /** Errors: EVENT_STORE_SERVER_FILTER_NOT_SUPPORTED. */
  readerOf(settings: GroupSettings): GroupReader {
    return new GroupReader(settings, this.#options.log);
  }

  /**
   * Resolves when the group has read all that it reads without consumers, or after the longest wait of other callers.
   */
  async start({ settings, endedAt }: StoredGroup, reader = this.readerOf(settings)): Promise<void> {
    const key = groupKey(settings);
    const { report, runtime } = this.#options;
    const checkpoints = new CheckpointStream(key, settings.source, this.#options);
    const parked = new ParkedStream(key, this.#options);
    const group = new Group(settings, { reader, checkpoints, parked, runtime, report });
    this.#groups.set(key, group);
    const name = nameOfSource(settings.source);
    this.#bySource.set(name, (this.#bySource.get(name) ?? new Set()).add(group));
    await this.#feed.add(group);
    const from = settings.startFrom === 'end' ? (endedAt ?? (await reader.end())) : settings.startFrom;
    await inTime(group.start(from).catch(report), START_MS_MAX, runtime, () => undefined);
  }

  /** Ends its consumers. */
  async stop(group: Group): Promise<void> {
    this.#groups.delete(group.key);
    this.#bySource.get(nameOfSource(group.settings.source))?.delete(group);
    this.#feed.remove(group);
    await group.close();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#groups.values()].map((group) => this.stop(group)));
    await this.#feed.close();
    await this.#ticking;
  }

  async #tick(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#options.runtime.sleep(TICK_MS, signal);
      for (const group of this.#groups.values()) group.tick();
    }
  }
}
