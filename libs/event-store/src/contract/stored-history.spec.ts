// Which stored events a sample and a whole reading hold, while others are appended.
import 'reflect-metadata';
import { IsInt } from 'class-validator';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../event.js';
import { eventIdOf } from '../event-ids.js';
import { defineEvents } from '../event-registry.js';
import type { EventReader } from '../event-store.js';
import { streamName } from '../identifiers.js';
import { InMemoryEventStore } from '../memory/in-memory-event-store.js';
import { contractsOf } from './declared-contracts.js';
import { readStoredHistory, SAMPLE_OF_TYPE, type StoredHistory } from './stored-history.js';
import { StoredPayloads } from './stored-payloads.js';

class TickedData {
  @IsInt() at!: number;
}
const events = defineEvents('clock', { Ticked: TickedData });
const STREAM = streamName('clock-1');

let store: InMemoryEventStore;
let taken: number[];

beforeEach(() => {
  [store, taken] = [new InMemoryEventStore(), []];
});

const append = async (first: number, last: number): Promise<void> => {
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const all = ticks.map((at) => ({ id: eventIdOf(`tick-${at}`, STREAM, 0), type: 'Ticked', data: { at }, metadata: {} }));
  await store.append(STREAM, all, { expectedRevision: 'any' });
};

/** Appends so many events right after the head was asked for. */
const read = (isWhole: boolean, appendedMeanwhile: number, reader: Pick<EventReader, 'hasDensePositions'> = store): Promise<StoredHistory> => {
  class Taken extends StoredPayloads {
    override add(event: RecordedEvent): void {
      taken.push((event.data as TickedData).at);
      super.add(event);
    }
  }
  const { events: declared } = contractsOf([events]);
  return readStoredHistory({
    reader: {
      hasDensePositions: reader.hasDensePositions,
      readAll: (options) => store.readAll(options),
      head: async () => {
        const head = await store.head();
        if (appendedMeanwhile > 0) await append(Number(head) + 1, Number(head) + appendedMeanwhile);
        return head;
      },
    },
    stored: new Taken({ registries: [events], declared, locked: {} }),
    names: ['clock/Ticked'],
    isWhole,
    signal: new AbortController().signal,
  });
};

describe('readStoredHistory', () => {
  it.each([0, 1, SAMPLE_OF_TYPE, 1_500])('samples the newest events up to the head while %i are appended', async (appendedMeanwhile) => {
    await append(1, 10_000);
    await read(false, appendedMeanwhile);
    expect(taken).toEqual(expect.arrayContaining(Array.from({ length: SAMPLE_OF_TYPE }, (_, index) => 10_000 - index)));
    expect(Math.max(...taken)).toBe(10_000);
    expect(new Set(taken).size).toBe(taken.length);
  });

  it('samples as many events of the end where positions are not dense, without those that are appended', async () => {
    await append(1, 10_000);
    await read(false, 0, { hasDensePositions: false });
    const quiet = taken;
    store = new InMemoryEventStore();
    taken = [];
    await append(1, 10_000);
    await read(false, 1_500, { hasDensePositions: false });
    expect(taken).toEqual(quiet);
    expect(taken).toHaveLength(6_400);
  });

  it('reads all events up to the head, and none that is appended meanwhile', async () => {
    await append(1, 2_500);
    expect(await read(true, 10)).toEqual({ isWhole: true, events: 2_500, absent: [] });
    expect(taken).toEqual(Array.from({ length: 2_500 }, (_, index) => index + 1));
  });
});
