// Whether what a read store serves is the fold of all events, asked from the store and not from the engine.
import type { EventReader, RecordedEvent } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { GrowingFold } from './growing-fold.js';

const LOOK_MS = 20;

export interface ServedFold {
  readonly store: ReadStore;
  readonly fold: GrowingFold;
  /** All that there are. */
  readonly events: readonly RecordedEvent[];
  /** By `performance.now()`. */
  readonly deadline: number;
}

/** Waits until the serving generation is at the last event: documents, digest and parked events must equal the fold. */
export const expectServesFold = async ({ store, fold, events, deadline }: ServedFold): Promise<void> => {
  const { name } = fold.projection;
  const head = events.at(-1)?.position;
  for (;;) {
    const serving = (await store.generations(name)).find(({ state }) => state === 'serving');
    if (serving?.checkpoint.position === head) {
      expect(await store.snapshot(name, serving?.number ?? 0, (snapshot) => fold.flawOf(snapshot, events))).toBeUndefined();
      return;
    }
    if (performance.now() > deadline) expect.fail(`${name} stays at ${serving?.checkpoint.position}, the events end at ${head}`);
    await delay(LOOK_MS);
  }
};

export const allEventsOf = async (reader: EventReader): Promise<readonly RecordedEvent[]> => {
  const all: RecordedEvent[] = [];
  for await (const batch of reader.readAll()) all.push(...batch);
  return all;
};
