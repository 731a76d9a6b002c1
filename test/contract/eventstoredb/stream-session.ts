// Runs commands through the real client and in the model, and compares answers, the log after each command, and all
// streams.
import { randomUUID } from 'node:crypto';
import { BACKWARDS, END, FORWARDS, jsonEvent, type AppendResult, type EventData, type EventStoreDBClient } from '@eventstore/db-client';
import { expect } from 'vitest';
import { FollowerOfAll, filtersOf, type Placed } from './follower-of-all.js';
import { errorType, outcomeOf, positionOf, read, WAYS, type Outcome } from './protocol-fixture.js';
import type { RestartableServer } from './restartable-server.js';
import { STREAMS, type AppendCommand, type FollowCommand, type Place, type StreamCommand, type Wish } from './stream-commands.js';
import { metastreamOf, StreamsModel, type Expected, type StreamRead, type Written } from './streams-model.js';

const [, [, SINGLE_CALL]] = WAYS;
const EVERYTHING = 1_000;

interface ResolvedAppend {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: readonly { readonly id: string; readonly type: string }[];
  readonly way: AppendCommand['way'];
}

/** One run: streams and ids of its own, and its own part of the server's log. */
export class StreamSession {
  readonly #server: RestartableServer;
  readonly #run = randomUUID().slice(0, 23);
  readonly #streams = ['a', 'größe 漢字', 'c@c'].map((name) => `${this.#run}-${name}`).slice(0, STREAMS);
  readonly #marker = `${this.#run}-marker`;
  readonly #filters = filtersOf(this.#streams, this.#marker);
  readonly #model = new StreamsModel();
  readonly #placed: Placed[] = [];
  readonly #appends: ResolvedAppend[] = [];
  #followers: FollowerOfAll[] = [];
  #startsAfter = 0n;

  constructor(server: RestartableServer) {
    this.#server = server;
  }

  async run(commands: readonly StreamCommand[]): Promise<void> {
    for await (const resolved of this.#client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }))
      this.#startsAfter = positionOf(resolved);
    await this.#mark();
    for (const command of commands) {
      await this.#carryOut(command);
      await this.#compareLog();
    }
    await this.#endFollowers();
    await this.#compareStreams();
    // What was acknowledged is there after a restart, too.
    await this.#restart();
    await this.#compareStreams();
  }

  get #client(): EventStoreDBClient {
    return this.#server.client;
  }

  async #carryOut(command: StreamCommand): Promise<void> {
    switch (command.kind) {
      case 'append':
        return this.#append([this.#resolve(command)]);
      case 'burst':
        // Where each of them expects the stream is told by those before it.
        return this.#append(command.appends.map((append) => this.#resolve(append)));
      case 'repeat': {
        const append = this.#appends[command.append % Math.max(1, this.#appends.length)];
        return append && this.#append([append]);
      }
      case 'delete':
      case 'tombstone':
        return this.#remove(command.kind, this.#name(command.stream), command.expected);
      case 'describe':
        return this.#describe(command);
      case 'pass time':
        this.#server.nowMs += command.seconds * 1_000;
        return;
      case 'restart':
        await this.#endFollowers();
        return this.#restart();
      case 'read':
        return this.#read(command);
      case 'read all':
        return this.#readAll(command);
      case 'follow':
        return this.#follow(command);
      case 'follow stream':
        return this.#followStream(this.#name(command.stream), command.after);
    }
  }

  #resolve({ stream: index, expected, events, way }: AppendCommand): ResolvedAppend {
    const stream = this.#name(index);
    const resolved = { stream, expected: this.#expected(stream, expected), events: events.map((n) => this.#event(n)), way };
    this.#appends.push(resolved);
    return resolved;
  }

  async #append(appends: readonly ResolvedAppend[]): Promise<void> {
    const results = await Promise.all(appends.map((append) => outcomeAndPosition(this.#send(append))));
    const rulings = appends.map(({ stream, expected, events }) => this.#model.append(stream, expected, events, this.#server.nowMs));
    await this.#compareLog();
    for (const [index, { outcome, last }] of rulings.entries()) {
      const result = results[index];
      // The client reads "no stream" as revision 0 in one call and as -1 in the other.
      if (outcome[0] === 'ok' && outcome[1] < 0n) expect(result?.outcome[0]).toBe('ok');
      else expect(result?.outcome).toEqual(outcome);
      if (last) expect(result?.position).toBe(this.#placed.find((placed) => isSame(placed, last))?.position);
    }
  }

  #send({ stream, expected, events, way }: ResolvedAppend): Promise<AppendResult> {
    const data: EventData[] = events.map(({ id, type }) => jsonEvent({ id, type, data: { id } }));
    return this.#client.appendToStream(stream, data, {
      expectedRevision: expected,
      ...(way === 'parts' && { batchAppendSize: 1 }),
      ...(way === 'single call' && SINGLE_CALL),
    });
  }

  async #remove(kind: 'delete' | 'tombstone', stream: string, wish: Wish): Promise<void> {
    const expected = this.#expected(stream, wish);
    const options = { expectedRevision: expected };
    const removal = kind === 'delete' ? this.#client.deleteStream(stream, options as never) : this.#client.tombstoneStream(stream, options as never);
    const { outcome, last } = this.#model[kind === 'delete' ? 'softDelete' : 'tombstone'](stream, expected, this.#server.nowMs);
    const result = await outcomeAndPosition(
      removal.then(({ position }) => ({ success: true, nextExpectedRevision: last?.revision ?? -1n, ...(position && { position }) })),
    );
    expect(result.outcome).toEqual(outcome);
    await this.#compareLog();
    if (last) expect(result.position).toBe(this.#placed.find((placed) => isSame(placed, last))?.position);
  }

  async #describe({ stream: index, expected: wish, metadata }: Extract<StreamCommand, { kind: 'describe' }>): Promise<void> {
    const stream = this.#name(index);
    const expected = this.#expected(metastreamOf(stream), wish);
    const outcome = await outcomeOf(this.#client.setStreamMetadata(stream, { ...metadata }, { expectedRevision: expected }));
    expect(outcome).toEqual(this.#model.describe(stream, expected, metadata, this.#server.nowMs).outcome);
  }

  async #read({ stream: index, isOfMetadata, from, isBackwards, count }: Extract<StreamCommand, { kind: 'read' }>): Promise<void> {
    const name = this.#name(index);
    await this.#compareRead({ stream: isOfMetadata ? metastreamOf(name) : name, from: revisionOf(from), isBackwards, count });
  }

  async #compareRead(request: StreamRead): Promise<void> {
    const { stream, from, isBackwards, count } = request;
    const expected = this.#model.read(request, this.#server.nowMs);
    const reading = read(this.#client, stream, { fromRevision: from, direction: isBackwards ? BACKWARDS : FORWARDS, maxCount: count });
    if (expected === 'deleted' || expected === 'not found') {
      expect(await errorType(reading)).toBe(expected === 'deleted' ? 'stream-deleted' : 'stream-not-found');
    } else expect((await reading).map(({ revision, type }) => [revision, type])).toEqual(expected.map(({ revision, type }) => [revision, type]));
  }

  async #readAll({ from, isBackwards, count }: Extract<StreamCommand, { kind: 'read all' }>): Promise<void> {
    // Forwards from the start, and backwards from the end by more than there is, other runs would be seen.
    const place = typeof from === 'number' ? from % this.#placed.length : undefined;
    const position = place === undefined ? undefined : this.#placed[place]?.position;
    const isToBegin = from === 'start' && !isBackwards;
    const fromPosition = isToBegin ? this.#placed[0]?.position : position;
    const own = isBackwards ? this.#placed.slice(0, place ?? (from === 'end' ? undefined : 0)).toReversed() : this.#placed.slice(place ?? 0);
    const expected = from === 'end' && !isBackwards ? [] : own.slice(0, count);
    if (isBackwards && expected.length === 0 && from !== 'start') return;
    const maxCount = isBackwards && from !== 'start' ? expected.length : count;
    const found: bigint[] = [];
    const start = fromPosition === undefined ? (from as 'start' | 'end') : { commit: fromPosition, prepare: fromPosition };
    for await (const { event } of this.#client.readAll({ fromPosition: start, direction: isBackwards ? BACKWARDS : FORWARDS, maxCount })) {
      found.push(event?.position?.commit ?? -1n);
    }
    expect(found).toEqual(expected.map(({ position: at }) => at));
  }

  async #follow(command: FollowCommand): Promise<void> {
    const filter = this.#filters[command.filter];
    const after = this.#placed[command.after % this.#placed.length];
    if (!filter || !after) throw new Error('There is a filter of each number, and an event from the beginning on.');
    const follower = new FollowerOfAll(this.#client, command, filter, after.position);
    this.#followers.push(follower);
    await follower.caughtUp(this.#placed);
  }

  /** What a subscription to one stream tells until it is live. */
  async #followStream(stream: string, after: Place): Promise<void> {
    const from = revisionOf(after);
    const expected = this.#model.read({ stream, from: 'start', isBackwards: false, count: EVERYTHING }, this.#server.nowMs);
    const subscription = this.#client.subscribeToStream(stream, { fromRevision: from });
    const told: bigint[] = [];
    const ended = new Promise<string>((resolve) => {
      subscription.on('data', ({ event }) => void told.push(event?.revision ?? -1n));
      subscription.on('caughtUp', () => resolve('caught up'));
      subscription.on('error', (error) => resolve((error as { readonly type?: string }).type ?? String(error)));
    });
    expect(await ended).toBe(expected === 'deleted' ? 'stream-deleted' : 'caught up');
    if (expected !== 'deleted') await subscription.unsubscribe();
    const isAfter = (revision: bigint): boolean => from === 'start' || (from !== 'end' && revision > from);
    const there = typeof expected === 'string' ? [] : expected.map(({ revision }) => revision);
    expect(told).toEqual(there.filter(isAfter));
  }

  async #endFollowers(): Promise<void> {
    await this.#mark();
    await Promise.all(this.#followers.map((follower) => follower.end(this.#placed)));
    this.#followers = [];
  }

  /** An event that every filter lets through. */
  async #mark(): Promise<void> {
    const event = { id: randomUUID(), type: 'Marker' };
    await this.#append([{ stream: this.#marker, expected: 'any', events: [event], way: 'whole' }]);
  }

  async #restart(): Promise<void> {
    await this.#server.restart();
    this.#model.forgetIds();
    // The client lets later appends overtake the first one of a connection.
    await this.#mark();
  }

  /** The log has grown by exactly what the model says. */
  async #compareLog(): Promise<void> {
    const last = this.#placed.at(-1)?.position ?? this.#startsAfter;
    const added: Placed[] = [];
    const fromPosition = { commit: last, prepare: last };
    for await (const { event } of this.#client.readAll({ fromPosition, maxCount: EVERYTHING })) {
      const position = event?.position?.commit ?? -1n;
      if (!event || position <= last) continue;
      added.push({ stream: event.streamId, revision: event.revision, id: event.id, type: event.type, atMs: event.created.getTime(), position });
    }
    const expected = this.#model.all.slice(this.#placed.length);
    expect(added.map(({ position: _, id: __, ...event }) => event)).toEqual(expected.map(({ id: _, ...event }) => event));
    for (const [index, { id }] of expected.entries()) if (id !== undefined) expect(added[index]?.id).toBe(id);
    this.#placed.push(...added);
  }

  async #compareStreams(): Promise<void> {
    for (const stream of this.#streams) {
      for (const name of [stream, metastreamOf(stream)]) {
        await this.#compareRead({ stream: name, from: 'start', isBackwards: false, count: EVERYTHING });
        await this.#compareRead({ stream: name, from: 'end', isBackwards: true, count: EVERYTHING });
      }
      await this.#compareMetadata(stream);
    }
  }

  async #compareMetadata(stream: string): Promise<void> {
    const expected = this.#model.metadataOf(stream);
    if (this.#model.read({ stream, from: 'start', isBackwards: false, count: 1 }, 0) === 'deleted') return;
    const { metadata } = await this.#client.getStreamMetadata(stream);
    expect(metadata).toEqual(expected === 'deleted' ? { truncateBefore: Number(2n ** 63n - 1n) } : expected);
  }

  #name(index: number): string {
    return this.#streams[index % STREAMS] ?? '';
  }

  #event(n: number): { readonly id: string; readonly type: string } {
    return { id: `${this.#run}-${String(n).padStart(12, '0')}`, type: n % 2 === 0 ? 'Even' : 'Odd' };
  }

  #expected(stream: string, wish: Wish): Expected {
    if (typeof wish === 'string') return wish;
    const revision = this.#model.last(stream) + BigInt(wish);
    return revision < 0n ? 'no_stream' : revision;
  }
}

const revisionOf = (place: Place): bigint | 'start' | 'end' => (typeof place === 'number' ? BigInt(place) : place);
const isSame = (one: Written, other: Written): boolean => one.stream === other.stream && one.revision === other.revision;

const outcomeAndPosition = async (result: Promise<AppendResult>): Promise<{ readonly outcome: Outcome; readonly position: bigint | undefined }> => ({
  outcome: await outcomeOf(result),
  position: await result.then(
    ({ position }) => position?.commit,
    () => undefined,
  ),
});
