// Writers and a follower of a failing event store, and what must be true afterwards.
import { eventIdOf, streamName, type AppendResult, type EventId, type EventStore, type RecordedEvent, type StreamName } from '@mainstem/event-store';
import type { SeededRandom } from '@mainstem/testing';
import { expect } from 'vitest';

interface Acknowledged {
  readonly stream: StreamName;
  readonly ids: readonly EventId[];
  readonly result: AppendResult;
}

/** One store, its writers, and a subscription from before the first fault. */
export class Trial {
  readonly acknowledged: Acknowledged[] = [];
  readonly delivered: RecordedEvent[] = [];
  readonly #ending = new AbortController();
  readonly #stopping = new AbortController();

  constructor(
    readonly store: EventStore,
    readonly chance: SeededRandom,
    /** Of the writers' streams: several trials may write into one store. */
    readonly name = 'own',
  ) {}

  async write(writer: number): Promise<void> {
    const random = this.chance.fork(`writer ${writer}`);
    const own = streamName(`${this.name}-${writer}`);
    const shared = streamName('shared-1');
    let last: AppendResult | undefined;
    for (let command = 0; !this.#stopping.signal.aborted; command++) {
      const events = Array.from({ length: random.int(1, 4) }, (_, index) => ({
        id: eventIdOf(`${writer}/${command}`, own, index),
        type: 'Counted',
        data: { writer, command, index },
        metadata: {},
      }));
      const ids = events.map((event) => event.id);
      if (random.next() < 0.7) {
        last = await this.store.append(own, events, { expectedRevision: last?.revision ?? 'no-stream' });
        this.acknowledged.push({ stream: own, ids, result: last });
      } else {
        this.acknowledged.push({ stream: shared, ids, result: await this.store.append(shared, events, { expectedRevision: 'any' }) });
      }
    }
  }

  stopWriting(): void {
    this.#stopping.abort();
  }

  async follow(): Promise<void> {
    for await (const { events } of this.store.subscribe({ after: undefined, batchSizeMax: 7, signal: this.#ending.signal })) {
      this.delivered.push(...events);
    }
  }

  stopFollowing(): void {
    this.#ending.abort();
  }
}

export const readAll = async (store: EventStore): Promise<readonly RecordedEvent[]> => {
  const all: RecordedEvent[] = [];
  for await (const batch of store.readAll()) all.push(...batch);
  return all;
};

/** Every command was acknowledged in the end: exactly these events are there, once, and were delivered in order. */
export const verify = (
  { acknowledged, delivered }: Pick<Trial, 'acknowledged' | 'delivered'>,
  all: readonly RecordedEvent[],
  told: readonly string[],
): void => {
  const message = told.join();
  const ids = acknowledged.flatMap((append) => append.ids);
  expect(all.map((event) => event.id).toSorted(), message).toEqual(ids.toSorted());
  const byId = new Map(all.map((event) => [event.id, event]));
  for (const { stream, ids: own, result } of acknowledged) {
    const last = byId.get(own.at(-1) as EventId);
    expect([last?.stream, last?.revision, last?.position], message).toEqual([stream, result.revision, result.position]);
  }
  expect(
    delivered.map((event) => event.position),
    message,
  ).toEqual(all.map((event) => event.position));
};
