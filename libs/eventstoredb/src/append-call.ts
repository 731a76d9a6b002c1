// One gRPC call that sends appends in order and receives their answers. Its end is an event, not an error.
import { EventStoreUnavailable } from './errors.js';
import type { DuplexCall, OpenCall } from './guarded-client.js';
import { decodeAppendAllAnswer } from './wire/append-all-answer.js';
import { decodeAppendAnswer, type AppendAnswer } from './wire/append-answer.js';

/** A method that takes appends, each in parts, and answers each. */
export interface AppendMethod {
  readonly path: string;
  readonly decode: (bytes: Buffer) => AppendAnswer;
}

export const BATCH_APPEND: AppendMethod = { path: '/event_store.client.streams.Streams/BatchAppend', decode: decodeAppendAnswer };
/** Of our own server alone. */
export const APPEND_ALL: AppendMethod = { path: '/mainstem.event_store.Streams/AppendAll', decode: decodeAppendAllAnswer };

export class AppendCall {
  /** Resolves when the call is over, with the reason. */
  readonly ended: Promise<unknown>;
  readonly #stream: DuplexCall<AppendAnswer>;
  #end: (reason: unknown) => void = () => undefined;
  #isOver = false;

  /** Answers come in any order, one for each append. Errors: those of finding a server. */
  static async open(openCall: OpenCall, onAnswer: (answer: AppendAnswer) => void, { path, decode } = BATCH_APPEND): Promise<AppendCall> {
    const stream = await openCall(path, decode);
    return new AppendCall(stream, onAnswer);
  }

  private constructor(stream: DuplexCall<AppendAnswer>, onAnswer: (answer: AppendAnswer) => void) {
    this.#stream = stream;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    stream.on('data', (answer: AppendAnswer) => {
      if (!this.#isOver) onAnswer(answer);
    });
    stream.on('error', (error: unknown) => this.#finish(error));
    stream.on('end', () => this.#finish(new EventStoreUnavailable('append', 'the server ended the call')));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** False: wait for `whenDrained` before sending more, or memory grows. */
  send(message: Buffer): boolean {
    return this.#stream.write(message);
  }

  /** Calls `next` once. */
  whenDrained(next: () => void): void {
    this.#stream.once('drain', next);
  }

  /** Ends the call; later answers are ignored. */
  fail(reason: unknown): void {
    this.#finish(reason);
    this.#stream.cancel();
  }

  #finish(reason: unknown): void {
    this.#isOver = true;
    this.#end(reason);
  }
}
