// Appends of one store to one stream, one after the other, in the order of the calls.
import { OperationAborted } from '@mainstem/event-store';

export class StreamLanes {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs the work when the earlier ones of the same stream are done. A signal that fires before takes it out. Errors: EVENT_STORE_ABORTED. */
  run<Result>(stream: string, work: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    const before = this.#tails.get(stream);
    const result = before ? this.#queued(before, work, signal) : work();
    const tail: Promise<unknown> = result.then(
      () => this.#forget(stream, tail),
      () => this.#forget(stream, tail),
    );
    this.#tails.set(stream, tail);
    return result;
  }

  /** Resolves when nothing runs or waits any more. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }

  #queued<Result>(before: Promise<unknown>, work: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(new OperationAborted('append', signal?.reason));
      signal?.addEventListener('abort', onAbort, { once: true });
      void before.then(() => {
        signal?.removeEventListener('abort', onAbort);
        if (!signal?.aborted) resolve(work());
      });
    });
  }

  #forget(stream: string, tail: Promise<unknown>): void {
    if (this.#tails.get(stream) === tail) this.#tails.delete(stream);
  }
}
