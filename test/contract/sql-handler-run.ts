// Handlers that behave differently for single events, projected from memory: the reaction of their projection.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { defineEvents, InMemoryEventStore, systemRuntime, type Position, type RecordedEvent, type StreamName } from '@mainstem/event-store';
import { handlerProjection, Projector, type AnyProjection, type ProjectionStatus } from '@mainstem/projection';
import type { SqlReadStore, SqlTransaction } from '@mainstem/sql';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('items')
export class Item {
  @PrimaryColumn('text') id!: string;
  @Column('integer') a!: number;
}

export class Put {
  @IsOptional() @IsString({ each: true }) keys?: readonly string[];
  @IsOptional() @IsInt() a?: number;
}
export const events = defineEvents('thing', { Put });

const RECOVERY = { onFailure: 'park', attemptsMax: 1, retryDelayMs: 1, retryDelayMaxMs: 5 } as const;
export const TIMEOUT_MS = 30_000;

const cleanUps: (() => Promise<void>)[] = [];

/** To be done after the test, the last one first. */
export const afterwards = (cleanUp: () => Promise<void>): void => void cleanUps.push(cleanUp);

export const cleanUp = async (): Promise<void> => {
  for (const work of cleanUps.splice(0).reverse()) await work();
};

export const historyOf = async (payloads: readonly Put[]): Promise<InMemoryEventStore> => {
  const store = new InMemoryEventStore();
  await append(store, payloads);
  return store;
};

/** Each in a stream of its own, named by its place. */
export const append = async (store: InMemoryEventStore, payloads: readonly Put[]): Promise<void> => {
  for (const data of payloads) {
    const place = Number((await store.head()) ?? 0n) + 1;
    const event = { id: randomUUID() as RecordedEvent['id'], type: 'Put', data, metadata: {}, schemaVersion: 1 };
    await store.append(`thing-${place}` as StreamName, [event], { expectedRevision: 'any' });
  }
};

export interface Run {
  readonly projector: Projector;
  readonly status: () => ProjectionStatus;
  /** Resolves at the head of the event store. */
  readonly reaches: (position: number) => Promise<void>;
  readonly stops: () => Promise<void>;
}

export const start = (reader: InMemoryEventStore, projection: AnyProjection, store: SqlReadStore, onFailure: 'park' | 'stop' = 'park'): Run => {
  const projector = new Projector({ reader, projections: [{ projection, store, recovery: { ...RECOVERY, onFailure } }], batchSizeMax: 100 });
  afterwards(() => projector.stop());
  projector.start();
  const status = (): ProjectionStatus => projector.status()[0] as ProjectionStatus;
  const until = async (holds: () => boolean): Promise<void> => {
    const deadline = systemRuntime.monotonic() + TIMEOUT_MS;
    while (!holds()) {
      if (systemRuntime.monotonic() > deadline) throw new Error(`${status().state} at ${status().position}: ${status().reason}`);
      await systemRuntime.sleep(5);
    }
  };
  return {
    projector,
    status,
    reaches: (position) => until(() => status().position === (BigInt(position) as Position)),
    stops: () => until(() => status().state === 'stopped'),
  };
};

export type Step = (transaction: SqlTransaction, event: RecordedEvent) => Promise<unknown>;

/** Every event writes its row; the steps do something else for the event in their place, counted from 1. */
export const itemsBy = (steps: Readonly<Record<number, Step>>) =>
  handlerProjection<SqlTransaction, [typeof events]>({
    name: 'items',
    version: 1,
    tables: { items: Item },
    events: [events],
    apply: async (transaction, batch) => {
      for (const event of batch) {
        await steps[Number(event.position)]?.(transaction, event);
        await transaction.upsert('items', [{ id: event.stream, a: 1 }]);
      }
    },
  });

export const says =
  (sql: string): Step =>
  (transaction) =>
    transaction.query(sql);
