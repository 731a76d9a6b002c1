// The fixtures of the event store contract, and helpers for its cases.
import assert from 'node:assert/strict';
import {
  eventIdOf,
  isMainstemError,
  streamName,
  type EventMetadata,
  type EventReader,
  type EventStore,
  type NewEvent,
  type ReadAllOptions,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamName,
  type SubscribeOptions,
  type SubscriptionBatch,
} from '@mainstem/event-store';

/** Makes the stores under test. `create` gives an empty one for each case; `dispose` closes and removes it. */
export interface EventStoreFixture {
  /** Part of the suite's name: "in memory", "embedded". */
  readonly name: string;
  create(): Promise<StoreUnderTest>;
  /** True if the store may hold events of its own: `create` then gives `addOwnEvents`, and such cases run. */
  readonly hasOwnEvents?: boolean;
  /** Whether the store appends to several streams at once. Default: what the store says. */
  readonly hasAppendAll?: boolean;
  /** True if the store takes copies of other logs (`CopyTarget`): then such cases run. */
  readonly takesCopies?: boolean;
}

export interface StoreUnderTest {
  readonly store: EventStore;
  dispose(): Promise<void>;
  /** Makes the store write this many events of its own at the end. */
  addOwnEvents?(count: number): Promise<void>;
}

/** One promise of every event store, on an empty store of its own. */
export interface EventStoreCase {
  readonly name: string;
  readonly run: (store: EventStore) => Promise<void>;
}

export const define = (name: string, run: EventStoreCase['run']): EventStoreCase => ({ name, run });

/** The longest time that anything in the suite may take: a longer wait is a broken promise. */
export const PATIENCE_MS = 10_000;

export const order = (id: string | number): StreamName => streamName(`order-${id}`);

/** Events of one command: the same command gives the same ids. Payload `{ n }`, counted from 0. */
export const eventsOf = (command: string, count = 1, type = 'Counted', metadata: EventMetadata = { commandId: command }): readonly NewEvent[] =>
  Array.from({ length: count }, (_, n) => ({ id: eventIdOf(command, order('any'), n), type, data: { n }, metadata }));

/** One event with this payload. */
export const eventWith = (data: unknown, metadata: EventMetadata = {}): NewEvent => ({
  id: eventIdOf(JSON.stringify(data) ?? 'none', order('any'), 0),
  type: 'Noted',
  data,
  metadata,
});

export const readStream = (store: EventReader, stream: StreamName, options?: ReadStreamOptions): Promise<RecordedEvent[]> =>
  flatten(store.readStream(stream, options));

export const readAll = (store: EventReader, options?: ReadAllOptions): Promise<RecordedEvent[]> => flatten(store.readAll(options));

export const flatten = async (batches: AsyncIterable<readonly RecordedEvent[]>): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of batches) events.push(...batch);
  return events;
};

/** Collects batches of a subscription until `isEnough`, then ends it. Rejects if they do not come in time. */
export const follow = async (
  store: EventReader,
  options: Omit<SubscribeOptions, 'signal'>,
  isEnough: (events: readonly RecordedEvent[], batch: SubscriptionBatch) => boolean,
): Promise<{ readonly events: readonly RecordedEvent[]; readonly batches: readonly SubscriptionBatch[] }> => {
  const ending = new AbortController();
  const events: RecordedEvent[] = [];
  const batches: SubscriptionBatch[] = [];
  const run = async (): Promise<void> => {
    for await (const batch of store.subscribe({ ...options, signal: ending.signal })) {
      events.push(...batch.events);
      batches.push(batch);
      if (isEnough(events, batch)) return;
    }
  };
  try {
    await inTime(run(), `a subscription (it has delivered ${events.length} events)`);
  } finally {
    ending.abort();
  }
  return { events, batches };
};

/** The promise, or a failure after `PATIENCE_MS`. */
export const inTime = async <Result>(promise: Promise<Result>, what: string): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `${what} did not happen within ${PATIENCE_MS} ms` })), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** The error of the rejected promise, which must be one of ours with this code. */
export const refusalOf = async (promise: Promise<unknown>, code: string): Promise<Error> => {
  const outcome = await promise.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
  assert.ok(isMainstemError(outcome, code), `expected ${code}, got ${outcome instanceof Error ? outcome.stack : String(outcome)}`);
  assert.ok(outcome.message.length > 0);
  return outcome;
};

/** The refusal of an append, which must leave no trace. */
export const refusedAppend = async (store: EventStore, append: () => Promise<unknown>, code: string): Promise<Error> => {
  const before = await store.head();
  const error = await refusalOf(append(), code);
  assert.equal(await store.head(), before, 'a refused append has written something');
  return error;
};

export const revisionsOf = (events: readonly RecordedEvent[]): readonly bigint[] => events.map((event) => event.revision);
export const positionsOf = (events: readonly RecordedEvent[]): readonly bigint[] => events.map((event) => event.position);
export const idsOf = (events: readonly { readonly id: string }[]): readonly string[] => events.map((event) => event.id);

export const assertRising = (positions: readonly bigint[]): void => {
  for (let index = 1; index < positions.length; index++) {
    assert.ok((positions[index] ?? 0n) > (positions[index - 1] ?? 0n), `positions do not rise: ${positions.slice(index - 1, index + 1).join(', ')}`);
  }
};

/** `count` appends of one event, alternating over streams and types; returns what a reader should see, in order. */
export const fill = async (store: EventStore, count: number, command = 'fill'): Promise<readonly RecordedEvent[]> => {
  for (let index = 0; index < count; index++) {
    const events = eventsOf(`${command}-${index}`, 1, index % 3 === 0 ? 'Opened' : 'Counted');
    await store.append(streamName(`${index % 2 === 0 ? 'order' : 'credit'}-${index % 5}`), events, { expectedRevision: 'any' });
  }
  return readAll(store);
};
