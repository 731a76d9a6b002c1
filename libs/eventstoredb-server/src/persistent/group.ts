// One group of consumers: it gives out what it reads, repeats what is not answered, and notes how far answers go.
import { isMainstemError, type Runtime } from '@mainstem/event-store';
import { GroupDropped, GroupFull, StreamTombstoned } from '../errors.js';
import type { CheckpointStream } from './checkpoint-stream.js';
import { Consumer, type ConsumerOptions } from './consumer.js';
import { Delivery } from './delivery.js';
import type { GroupReader, SourcePage } from './group-reader.js';
import { groupKey, type GroupSettings } from './group-settings.js';
import { MessageBuffer, type Outcome } from './message-buffer.js';
import { isNew, retried, type Message } from './message.js';
import type { ParkedStream } from './parked-stream.js';
import { Progress } from './progress.js';
import { Replays } from './replays.js';
import { nameOfSource, type Place } from './source.js';
import { Timings } from './timings.js';

/** How often a replay checks whether it can go on. */
const ROOM_LOOK_MS = 50;

/** What a consumer wants for a message that it does not acknowledge. */
export type NackAction = 'Unknown' | 'Park' | 'Retry' | 'Skip' | 'Stop';

export interface GroupParts {
  readonly reader: GroupReader;
  readonly checkpoints: CheckpointStream;
  readonly parked: ParkedStream;
  readonly runtime: Runtime;
  readonly report: (error: unknown) => void;
}

export class Group {
  readonly key: string;
  readonly settings: GroupSettings;
  readonly parts: GroupParts;
  readonly delivery: Delivery;
  /** A time of the monotonic clock. */
  readonly createdAtMs: number;
  readonly replays: Replays;
  readonly #parkings = new Set<Promise<void>>();
  #buffer: MessageBuffer | undefined;
  #progress: Progress;
  #reading: Promise<void> | undefined;
  #lastKnown: Place | undefined;
  #hasFailed = false;
  #isClosed = false;

  constructor(settings: GroupSettings, parts: GroupParts) {
    this.settings = settings;
    this.parts = parts;
    this.key = groupKey(settings);
    this.delivery = new Delivery(settings.strategy);
    this.createdAtMs = parts.runtime.monotonic();
    this.replays = new Replays({
      parked: parts.parked,
      batchSize: settings.readBatchSize,
      give: (message) => this.#tryAgain(message),
      hasRoom: () => this.#hasRoomForRetry(),
      report: (error) => this.#tell(error),
    });
    this.#progress = new Progress(settings, undefined);
  }

  get buffer(): MessageBuffer | undefined {
    return this.#buffer;
  }

  get checkpoint(): Place | undefined {
    return this.#progress.checkpoint;
  }

  /** The newest message of the source that the group has seen. */
  get lastKnown(): Place | undefined {
    return this.#lastKnown;
  }

  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  /** Resumes from the checkpoint, or begins at `from`. Resolves after the first read. */
  async start(from: Place): Promise<void> {
    const { checkpoints, parked } = this.parts;
    await parked.load();
    const checkpoint = await checkpoints.load();
    if (this.#isClosed) return;
    this.#progress = new Progress(this.settings, checkpoint);
    const { historyBufferSize, liveBufferSize } = this.settings;
    this.#buffer = new MessageBuffer({ sizeMax: historyBufferSize, liveMax: liveBufferSize }, checkpoint === undefined ? from : checkpoint + 1);
    this.#read();
    while (this.#reading) await this.#reading;
  }

  /** Makes a consumer, which gets no messages until `add`. Errors: EVENT_STORE_SERVER_GROUP_FULL. */
  connect(options: Omit<ConsumerOptions, 'timings'>): Consumer {
    const { consumersMax, hasExtraStatistics } = this.settings;
    if (consumersMax > 0 && this.delivery.consumers.size >= consumersMax)
      throw new GroupFull(nameOfSource(this.settings.source), this.settings.group);
    const timings = hasExtraStatistics ? new Timings(() => this.parts.runtime.monotonic()) : undefined;
    return new Consumer({ ...options, timings });
  }

  /** From now on the consumer gets messages. */
  add(consumer: Consumer): void {
    if (this.#hasFailed || this.#isClosed) return consumer.options.outlet.drop(this.#dropped());
    this.delivery.add(consumer);
    this.push();
  }

  /** The consumer has gone: its messages go to the others. */
  remove(consumer: Consumer): void {
    for (const message of this.delivery.remove(consumer)) this.#buffer?.addRetry(retried(message));
    this.push();
  }

  acknowledge(ids: readonly string[]): void {
    for (const id of ids) for (const message of this.delivery.release(id)) this.replays.answered(message);
    this.#goOn();
  }

  refuse(ids: readonly string[], action: NackAction, reason: string): void {
    for (const id of ids) {
      for (const message of this.delivery.release(id)) {
        if (action === 'Retry' || action === 'Unknown') this.#retryOrPark(message);
        else if (action === 'Park') this.#park(message, `Client explicitly NAK'ed message.\n${reason}`);
        else this.replays.answered(message);
      }
    }
    this.#goOn();
  }

  /** New messages in the source. After them, `skipped` events up to `end` are not wanted. */
  addLive(messages: readonly Message[], skipped: number, end: Place): void {
    const buffer = this.#buffer;
    if (!buffer) return;
    for (const message of messages) {
      this.#know(message);
      buffer.addLive(message);
    }
    this.push();
    if (skipped > 0 && buffer.isLive) this.#skip(end, skipped);
    this.#read();
  }

  /** Called once a second. */
  tick(): void {
    for (const message of this.delivery.releaseDue(this.parts.runtime.monotonic())) this.#retryOrPark(message);
    this.push();
    this.#noteCheckpoint(true);
    this.#read();
  }

  /** Ends its consumers. The group reads and notes nothing any more; a running write completes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#dropAll();
    await this.#reading;
    await this.replays.close();
    await Promise.all(this.#parkings);
    await this.parts.checkpoints.settled();
  }

  /** Offers the waiting messages to the consumers. */
  push(): void {
    if (this.#isClosed || this.delivery.consumers.size === 0) return;
    this.#buffer?.drain((message) => this.#deliver(message));
  }

  #deliver(message: Message): { readonly outcome: Outcome; readonly message: Message } {
    const current = isNew(message) ? this.#progress.numbered(message) : message;
    const outcome = this.delivery.offer(current, this.parts.runtime.monotonic() + this.settings.messageTimeoutMs);
    if (outcome !== 'full' && isNew(message)) this.#progress.left(current);
    return { outcome, message: current };
  }

  #goOn(): void {
    this.#noteCheckpoint(false);
    this.push();
    this.#read();
  }

  #retryOrPark(message: Message): void {
    const { retriesMax } = this.settings;
    if (message.retries < retriesMax) this.#buffer?.addRetry(retried(message));
    else this.#park(message, `Reached retry count of ${retriesMax}`);
  }

  /** The message counts as unanswered until it is durably parked. If that fails, it is delivered again. */
  #park(message: Message, reason: string): void {
    const { parked } = this.parts;
    this.delivery.beginParking(message);
    const parking = parked
      .park(message, reason)
      .then(() => this.replays.answered(message))
      .catch((error: unknown) => {
        this.#tell(error);
        this.#buffer?.addRetry(retried(message));
      })
      .finally(() => {
        this.#parkings.delete(parking);
        this.delivery.endParking(message);
        this.#goOn();
      });
    this.#parkings.add(parking);
  }

  /** True if another parked message can be replayed: retries have the same bound as messages that were read. */
  async #hasRoomForRetry(): Promise<boolean> {
    const { runtime } = this.parts;
    while (!this.#isClosed && (this.#buffer?.counts.retries ?? 0) >= this.settings.historyBufferSize) await runtime.sleep(ROOM_LOOK_MS);
    return !this.#isClosed;
  }

  /** Reads on while the group is behind and has room. */
  #read(): void {
    const buffer = this.#buffer;
    const { readBatchSize } = this.settings;
    if (!buffer || this.#reading || this.#isClosed || this.#hasFailed || buffer.isLive || !buffer.canTake(readBatchSize)) return;
    this.#reading = this.parts.reader
      .page(buffer.next)
      .then((page) => this.#takePage(buffer, page))
      .then(() => true)
      .catch((error: unknown) => this.#readFailed(error))
      .then((goesOn) => {
        this.#reading = undefined;
        // The next tick repeats a failed read.
        if (goesOn) this.#read();
      });
  }

  #takePage(buffer: MessageBuffer, { messages, next, skipped, isEnd }: SourcePage): void {
    if (this.#isClosed) return;
    for (const message of messages) {
      this.#know(message);
      buffer.addRead(message);
    }
    this.push();
    if (buffer.isLive) return;
    if (skipped > 0) this.#skip(next - 1, skipped);
    buffer.passed(next);
    if (isEnd) buffer.endRead(next);
  }

  #readFailed(error: unknown): boolean {
    if (!(error instanceof StreamTombstoned)) this.#tell(error);
    else if (this.settings.startFrom === 'end' && this.checkpoint === undefined) this.#buffer?.goLive();
    else {
      this.#hasFailed = true;
      this.#dropAll();
    }
    return false;
  }

  #skip(place: Place, count: number): void {
    if (!this.#buffer?.isDrained) return;
    this.#progress.skipped(place, count);
    this.#noteCheckpoint(false);
  }

  #noteCheckpoint(isTick: boolean): void {
    if (this.#isClosed || !this.#buffer) return;
    const lowest = earlier(this.delivery.lowest(), this.#buffer.lowestRetry());
    const place = this.#progress.dueCheckpoint(lowest, { nowMs: this.parts.runtime.monotonic(), isTick });
    if (place !== undefined) this.parts.checkpoints.note(place);
  }

  #know({ place }: Message): void {
    if (place !== undefined && place > (this.#lastKnown ?? -1)) this.#lastKnown = place;
  }

  #dropAll(): void {
    for (const consumer of [...this.delivery.consumers]) {
      this.delivery.remove(consumer);
      consumer.options.outlet.drop(this.#dropped());
    }
  }

  #tryAgain(message: Message): void {
    this.#buffer?.addRetry(message);
    this.push();
  }

  #dropped(): GroupDropped {
    return new GroupDropped(nameOfSource(this.settings.source), this.settings.group);
  }

  /** True for the end of the server, which is no failure. */
  #tell(error: unknown): void {
    if (!isMainstemError(error, 'EVENT_STORE_CLOSED')) this.parts.report(error);
  }
}

/** Of two messages, or of the one that exists: the one that left the buffer first. */
const earlier = (one: Message | undefined, other: Message | undefined): Message | undefined =>
  one && other ? ((one.sequence ?? 0) < (other.sequence ?? 0) ? one : other) : (one ?? other);
