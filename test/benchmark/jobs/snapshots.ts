// The first command on a long stream in a fresh executor, from its snapshot; and what the same costs without one.
import { CommandExecutor, defineAggregate, type SnapshotTold } from '@mainstem/aggregate';
import { EmbeddedEventStore, EmbeddedSnapshotStore } from '@mainstem/embedded';
import { defineEvents, eventIdOf, streamOf, type EventMetadata, type SnapshotKey, type StoredSnapshot } from '@mainstem/event-store';
import { IsInt } from 'class-validator';
import { expectSame, measured, type Job } from '../job.js';

const BATCH = 1_000;
const COLD = 200;
const EVERY = 1_000;
/** For loads without a snapshot, also on a busy machine. */
const PATIENCE_MS = 600_000;

class CountedData {
  @IsInt() by!: number;
}
interface Counter {
  readonly count: number;
  readonly sum: number;
}
const counter = defineAggregate({
  category: 'counter',
  events: defineEvents('counter', { Counted: CountedData }),
  initialState: { count: 0, sum: 0 },
  snapshot: { every: EVERY },
  evolve: ({ count, sum }: Counter, { data }) => ({ count: count + 1, sum: sum + data.by }),
  decide: ({ by }: { readonly by: number }) => [{ type: 'Counted' as const, data: { by } }],
});
const stream = streamOf('counter', 'a');

/** Counts what is written, and how long that keeps the process busy. */
class WatchedSnapshots extends EmbeddedSnapshotStore {
  readonly #ids = new Set<string>();
  saves = 0;
  bytes = 0;
  ms = 0;

  override async save(key: SnapshotKey, snapshot: StoredSnapshot): Promise<void> {
    const startedMs = performance.now();
    await super.save(key, snapshot);
    this.ms += performance.now() - startedMs;
    this.saves++;
    this.bytes += snapshot.head.length;
    for (const { id, bytes } of snapshot.parts) if (!this.#ids.has(id)) this.bytes += bytes.length;
    for (const { id } of snapshot.parts) this.#ids.add(id);
  }
}

/** As one command each has appended them. */
const fill = async (store: EmbeddedEventStore, count: number): Promise<void> => {
  for (let start = 0; start < count; start += BATCH) {
    const events = Array.from({ length: BATCH }, (_, index) => {
      const commandId = `0d1f7a52-5b0c-4c1d-9a51-${String(start + index).padStart(12, '0')}`;
      const metadata: EventMetadata = { commandId, correlationId: commandId, causationId: commandId };
      return { id: eventIdOf(commandId, stream, 0), type: 'Counted', data: { by: 1 }, metadata };
    });
    await store.append(stream, events, { expectedRevision: 'any' });
  }
};

const percentile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const cold =
  (count: number): Job =>
  async ({ dir }) => {
    const store = await EmbeddedEventStore.open({ dir });
    const snapshots = new WatchedSnapshots({ dir });
    try {
      await fill(store, count);
      const timed = async (executor: CommandExecutor, by = 1): Promise<number> => {
        const startedMs = performance.now();
        await executor.execute(counter, 'a', { by });
        return performance.now() - startedMs;
      };
      const withoutMs = await timed(new CommandExecutor({ store, waitMaxMs: PATIENCE_MS }));
      const told: SnapshotTold[] = [];
      let taken = (): void => undefined;
      const first = new Promise<void>((resolve) => (taken = resolve));
      const onSnapshot = (one: SnapshotTold): void => {
        told.push(one);
        if (one.outcome === 'taken') taken();
      };
      await timed(new CommandExecutor({ store, snapshots, onSnapshot, waitMaxMs: PATIENCE_MS }));
      await first;
      const coldMs: number[] = [];
      const sample = await measured(async () => {
        for (let index = 0; index < COLD; index++) coldMs.push(await timed(new CommandExecutor({ store, snapshots, onSnapshot })));
        return COLD;
      });
      expectSame('loads from the snapshot', told.filter(({ outcome }) => outcome === 'used').length, COLD);
      // Commands in one executor, to see what taking snapshots costs beside them.
      const firstMs = snapshots.ms;
      const [savesBefore, bytesBefore] = [snapshots.saves, snapshots.bytes];
      const executor = new CommandExecutor({ store, snapshots });
      const warmMs: number[] = [];
      for (let index = 0; index < 5 * EVERY; index++) warmMs.push(await timed(executor));
      const saves = snapshots.saves - savesBefore;
      coldMs.sort((left, right) => left - right);
      warmMs.sort((left, right) => left - right);
      const figures = {
        coldP50Ms: percentile(coldMs, 0.5),
        coldP95Ms: percentile(coldMs, 0.95),
        withoutSnapshotMs: withoutMs,
        saveMs: (snapshots.ms - firstMs) / saves,
        savedKib: (snapshots.bytes - bytesBefore) / saves / 1_024,
        warmP50Ms: percentile(warmMs, 0.5),
        warmP999Ms: percentile(warmMs, 0.999),
      };
      return { ...sample, figures };
    } finally {
      await snapshots.close();
      await store.close();
    }
  };

export const coldAt100k = cold(100_000);
export const coldAt1m = cold(1_000_000);
