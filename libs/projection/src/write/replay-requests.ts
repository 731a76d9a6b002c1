// Replays of parked events that somebody asked for, until the loop that owns the session comes to them.
import type { ReplayResult } from './replay-parked.js';

interface ReplayRequest {
  readonly key: string | undefined;
  readonly resolve: (result: ReplayResult) => void;
  readonly reject: (error: unknown) => void;
}

export class ReplayRequests {
  readonly #requests: ReplayRequest[] = [];

  get isAny(): boolean {
    return this.#requests.length > 0;
  }

  add(key: string | undefined): Promise<ReplayResult> {
    return new Promise((resolve, reject) => this.#requests.push({ key, resolve, reject }));
  }

  /** Does one after the other; the first that fails is told so, and its error is thrown. */
  async serve(replay: (key: string | undefined) => Promise<ReplayResult>): Promise<void> {
    for (let request = this.#requests.shift(); request; request = this.#requests.shift()) {
      try {
        request.resolve(await replay(request.key));
      } catch (error) {
        request.reject(error);
        throw error;
      }
    }
  }

  /** Nobody is left waiting. */
  refuse(reason: () => Error): void {
    for (const { reject } of this.#requests.splice(0)) reject(reason());
  }
}
