// Requested replays of parked events, until the loop with the session handles them.
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

  /** Handles one after the other; the first failure rejects its request and is thrown. */
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

  /** Rejects every waiting request. */
  refuse(reason: () => Error): void {
    for (const { reject } of this.#requests.splice(0)) reject(reason());
  }
}
