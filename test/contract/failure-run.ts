// A count that is not idempotent, projected into a failing store: its result shows each lost or doubled event.
import { randomUUID } from 'node:crypto';
import { defineEvents, InMemoryEventStore, streamOf, systemRuntime, type EventId, type Position } from '@mainstem/event-store';
import { count, documentProjection, Projector, rollUp, sum, type ProjectionStatus, type ReadStore, type RecoveryPolicy } from '@mainstem/projection';
import { Allow, IsInt, IsOptional, IsString } from 'class-validator';

export class CountedData {
  @IsString({ each: true }) keys!: string[];
  /** How long a text documents are to hold whose key begins with `large`. */
  @IsOptional() @IsInt() length?: number;
  /** Anything else that it is to hold. */
  @Allow() content?: unknown;
}
const events = defineEvents('count', { Counted: CountedData });

export interface Count {
  readonly key: string;
  readonly times: number;
  readonly content: unknown;
}
const CountClass = class {} as new () => Count;
const TotalClass = class {} as new () => { kind: string; keys: number; times: number };

export const COUNTS = 'counts';

/** Counts by key, and in all. */
export const counts = documentProjection({
  name: COUNTS,
  version: 1,
  document: CountClass,
  events: [events],
  key: ({ data }) => data.keys,
  evolve: {
    Counted: (known, { data }, key) => ({
      key,
      times: (known?.times ?? 0) + 1,
      content: data.content ?? (key.startsWith('large') ? 'x'.repeat(data.length ?? 0) : ''),
    }),
  },
  rollUps: [
    rollUp(CountClass, {
      name: 'totals',
      document: TotalClass,
      keyField: 'kind',
      groupBy: () => 'all',
      measures: { keys: count(), times: sum(({ times }) => times) },
    }),
  ],
});

const TIMEOUT_MS = 40_000;
const LOOK_MS = 5;
const RECOVERY: RecoveryPolicy = { onFailure: 'park', attemptsMax: 1, retryDelayMs: 1, retryDelayMaxMs: 20 };

export interface RunOptions {
  readonly onFailure?: 'park' | 'stop';
  readonly batchSizeMax?: number;
}

/** Stop it, and nothing is left of it. */
export class FailureRun {
  readonly events = new InMemoryEventStore();
  #projector: Projector | undefined;
  #head: Position | undefined;

  constructor(readonly store: ReadStore) {}

  start({ onFailure = 'park', batchSizeMax = 100 }: RunOptions = {}): void {
    this.#projector = new Projector({
      reader: this.events,
      projections: [{ projection: counts, store: this.store, recovery: { ...RECOVERY, onFailure } }],
      batchSizeMax,
    });
    this.#projector.start();
  }

  async stop(): Promise<void> {
    await this.#projector?.stop();
  }

  /** An event each, all appended at once, so that they make one batch. */
  async append(...payloads: readonly CountedData[]): Promise<void> {
    const appended = payloads.map((data) => ({ id: randomUUID() as EventId, type: 'Counted', data, metadata: {} }));
    ({ position: this.#head } = await this.events.append(streamOf('count', randomUUID()), appended, { expectedRevision: 'any' }));
  }

  get status(): ProjectionStatus {
    const status = this.#projector?.status()[0];
    if (!status) throw new Error('it is not running');
    return status;
  }

  /** Resolves when it says so, whatever else it says meanwhile. */
  async until(holds: (status: ProjectionStatus) => boolean): Promise<void> {
    const deadline = systemRuntime.monotonic() + TIMEOUT_MS;
    while (!holds(this.status)) {
      const { state, position, reason } = this.status;
      if (systemRuntime.monotonic() > deadline) throw new Error(`it is ${state} at ${String(position)} of ${String(this.#head)}: ${reason}`);
      await systemRuntime.sleep(LOOK_MS);
    }
  }

  /** It retries and says why. */
  waits(reason: RegExp): Promise<void> {
    return this.until((status) => status.state === 'retrying' && reason.test(status.reason ?? ''));
  }

  stops(reason: RegExp): Promise<void> {
    return this.until((status) => status.state === 'stopped' && reason.test(status.reason ?? ''));
  }

  settles(): Promise<void> {
    return this.until(({ position, state }) => position === this.#head && state === 'live');
  }

  async parked(): Promise<readonly (readonly [key: string, position: number])[]> {
    return (await this.store.parked(COUNTS, 100)).map(({ key, position }) => [key, Number(position)] as const);
  }

  /** The number by key in the generation that serves; that of all as `all`. */
  async stored(): Promise<Record<string, number>> {
    const serving = (await this.store.generations(COUNTS)).find(({ state }) => state === 'serving');
    const scan = (collection: string) => this.store.scan(COUNTS, serving?.number ?? 0, collection, { limit: 1_000 });
    const found = [...(await scan(COUNTS)), ...(await scan('totals'))];
    return Object.fromEntries(found.map(([key, document]) => [key, (document as Count).times]));
  }
}
