// The code of docs/manual/long-streams.md: a meter with many readings, in an application that is started again.
import { CommandExecutor, defineAggregate, type SnapshotTold } from '@mainstem/aggregate';
import { EmbeddedEventStore, EmbeddedSnapshotStore } from '@mainstem/embedded';
import { defineEvents } from '@mainstem/event-store';
import { CommandModule, EventStoreModule } from '@mainstem/nest';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsInt, IsString } from 'class-validator';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { regionOf } from '../architecture/regions.js';

class MeterReadData {
  @IsInt() units!: number;
  @IsString() at!: string;
}
interface Meter {
  readonly readings: number;
  readonly total: number;
}
interface Read {
  readonly units: number;
  readonly at: string;
}
const meterEvents = defineEvents('meter', { MeterRead: MeterReadData });

// #region rule
const meter = defineAggregate({
  category: 'meter',
  events: meterEvents,
  initialState: { readings: 0, total: 0 },
  snapshot: { every: 1_000 },
  evolve: ({ readings, total }: Meter, { data }) => ({ readings: readings + 1, total: total + data.units }),
  decide: ({ units, at }: Read) => [{ type: 'MeterRead' as const, data: { units, at } }],
});
// #endregion

// #region encoded
const meterByPlace = defineAggregate({
  category: 'place-meter',
  events: defineEvents('place-meter', { MeterRead: MeterReadData }),
  initialState: new Map<string, number>(),
  evolve: (state: ReadonlyMap<string, number>, { data }) => new Map(state).set(data.at, data.units),
  snapshot: { every: 1_000, encode: (state) => [...state], decode: (json) => new Map(json as [string, number][]) },
  decide: ({ units, at }: Read) => [{ type: 'MeterRead' as const, data: { units, at } }],
});
// #endregion

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-long-'));
});
afterEach(() => rm(dir, { recursive: true }));

const started = async (imported: DynamicModule): Promise<INestApplicationContext> => {
  class Root {}
  const events = EventStoreModule.forRoot({ open: () => EmbeddedEventStore.open({ dir }) });
  return NestFactory.createApplicationContext({ module: Root, imports: [events, imported] }, { logger: false });
};

/** What the next run of the application does, and what it tells of snapshots. */
class Run {
  readonly told: SnapshotTold[] = [];
  #taken = (): void => undefined;
  readonly taken = new Promise<void>((resolve) => (this.#taken = resolve));

  async of(work: (executor: CommandExecutor) => Promise<void>): Promise<this> {
    const onSnapshot = (one: SnapshotTold): void => {
      this.told.push(one);
      if (one.outcome === 'taken') this.#taken();
    };
    const snapshots = new EmbeddedSnapshotStore({ dir });
    const application = await started(CommandModule.forRoot({ aggregates: [meter, meterByPlace], snapshots, onSnapshot }));
    try {
      await work(application.get(CommandExecutor));
    } finally {
      await application.close();
    }
    // It belongs to the application.
    await expect(snapshots.remove()).rejects.toMatchObject({ code: 'SNAPSHOT_STORE_CLOSED' });
    return this;
  }
}

const READINGS = Array.from({ length: 1_000 }, (_, index): Read => ({ units: index, at: `place ${index % 7}` }));

describe('docs/manual/long-streams.md', () => {
  it('shows code as it is here', async () => {
    const page = await readFile('docs/manual/long-streams.md', 'utf8');
    const blocks = [...page.matchAll(/```ts\n(.*?)\n```/gs)].map(([, code]) => code);
    const regions = ['rule', 'wiring', 'encoded'].map((name) => regionOf(process.cwd(), 'test/acceptance/long-streams.spec.ts', name));
    expect(blocks).toEqual(regions);
  });

  it('starts an application with snapshots in one line', async () => {
    const application = await started(
      // #region wiring
      CommandModule.forRoot({ aggregates: [meter], snapshots: new EmbeddedSnapshotStore({ dir }) }),
      // #endregion
    );
    await application.get(CommandExecutor).execute(meter, '1', { units: 1, at: 'here' });
    await application.close();
  });

  it.each([
    ['a plain state', meter],
    // For the executor of this test the type of the state does not matter.
    ['a state with its own encode and decode', meterByPlace as unknown as typeof meter],
  ])('spares a new process the events before the snapshot, and deleting the file changes nothing: %s', async (_, aggregate) => {
    const first = new Run();
    await first.of(async (executor) => {
      await executor.executeAll(aggregate, '1', READINGS, { commandId: 'readings' });
      await first.taken;
    });
    const send = async (executor: CommandExecutor): Promise<void> => {
      const again = await executor.execute(aggregate, '1', READINGS[7] as Read, { commandId: 'readings:7' });
      expect(again).toMatchObject({ isRepeat: true, nextRevision: 7n });
      await executor.execute(aggregate, '1', { units: 1, at: 'here' });
    };
    expect((await new Run().of(send)).told.map(({ outcome }) => outcome)).toEqual(['used']);
    for (const ending of ['', '-wal', '-shm']) await rm(join(dir, `snapshots.db${ending}`), { force: true });
    expect((await new Run().of(send)).told.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'taken')).toEqual([]);
  });
});
