// Whether the subscriptions of a store are connected, and if not, why and for how long.
import type { Runtime } from '@mainstem/event-store';

export interface ConnectionStatus {
  /** False while at least one subscription is being restored. */
  readonly isHealthy: boolean;
  readonly subscriptions: number;
  readonly restoring: readonly { readonly reason: string; readonly sinceMs: number }[];
}

/** One subscription's part of the health. */
export interface Following {
  isWell(): void;
  isTroubled(reason: string): void;
  end(): void;
}

interface Trouble {
  reason: string | undefined;
  since: number;
}

export class ConnectionHealth {
  readonly #runtime: Runtime;
  readonly #followed = new Set<Trouble>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  follow(): Following {
    const trouble: Trouble = { reason: undefined, since: 0 };
    this.#followed.add(trouble);
    return {
      isWell: () => (trouble.reason = undefined),
      isTroubled: (reason) => {
        if (trouble.reason === undefined) trouble.since = this.#runtime.monotonic();
        trouble.reason = reason;
      },
      end: () => this.#followed.delete(trouble),
    };
  }

  status(): ConnectionStatus {
    const now = this.#runtime.monotonic();
    const restoring = [...this.#followed].flatMap(({ reason, since }) => (reason === undefined ? [] : [{ reason, sinceMs: now - since }]));
    return { isHealthy: restoring.length === 0, subscriptions: this.#followed.size, restoring };
  }
}
