// One call over which appends are sent, in the order in which they are given to it, and answered. Its end is an event, not an error.
import { EventStoreUnavailable } from './errors.js';
import type { DuplexCall, OpenCall } from './guarded-client.js';
import { decodeAppendAnswer, type AppendAnswer } from './wire/append-answer.js';

export class AppendCall {
  /** Resolves when the call is over, with the reason. */
  readonly ended: Promise<unknown>;
  readonly #stream: DuplexCall<AppendAnswer>;
  #end: (reason: unknown) => void = () => undefined;
  #isOver = false;

  /** Answers come in any order, each once. Errors: those of finding a server. */
  static async open(openCall: OpenCall, onAnswer: (answer: AppendAnswer) => void): Promise<AppendCall> {
    const stream = await openCall('/event_store.client.streams.Streams/BatchAppend', decodeAppendAnswer);
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

  /** False: wait for `drained` before the next one, or memory grows. */
  send(message: Buffer): boolean {
    return this.#stream.write(message);
  }

  /** Calls back once. */
  whenDrained(next: () => void): void {
    this.#stream.once('drain', next);
  }

  /** Ends the call; answers that still come are not told. */
  fail(reason: unknown): void {
    this.#finish(reason);
    this.#stream.cancel();
  }

  #finish(reason: unknown): void {
    this.#isOver = true;
    this.#end(reason);
  }
}
