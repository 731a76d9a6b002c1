// Whether the subscriptions of a store are connected; if not, why and for how long.
import { Heartbeat, silenceOf, type Runtime } from '@mainstem/event-store';

export interface ConnectionStatus {
  /** False while at least one subscription is being restored. */
  readonly isHealthy: boolean;
  readonly subscriptions: number;
  /** Describes subscriptions whose loop hangs in a step. */
  readonly silent: readonly string[];
  readonly restoring: readonly { readonly reason: string; readonly sinceMs: number }[];
}

/** One subscription's part of the health. */
export interface Following {
  readonly heartbeat: Heartbeat;
  isWell(): void;
  isTroubled(reason: string): void;
  end(): void;
}

interface Followed {
  readonly heartbeat: Heartbeat;
  reason: string | undefined;
  since: number;
}

export class ConnectionHealth {
  readonly #runtime: Runtime;
  readonly #followed = new Set<Followed>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  follow(): Following {
    const heartbeat = new Heartbeat('a subscription to the event store', this.#runtime);
    const followed: Followed = { heartbeat, reason: undefined, since: 0 };
    this.#followed.add(followed);
    return {
      heartbeat,
      isWell: () => (followed.reason = undefined),
      isTroubled: (reason) => {
        if (followed.reason === undefined) followed.since = this.#runtime.monotonic();
        followed.reason = reason;
      },
      end: () => this.#followed.delete(followed),
    };
  }

  status(): ConnectionStatus {
    const now = this.#runtime.monotonic();
    const restoring = [...this.#followed].flatMap(({ reason, since }) => (reason === undefined ? [] : [{ reason, sinceMs: now - since }]));
    const silent = [...this.#followed].flatMap(({ heartbeat }) => heartbeat.silence() ?? []).map(silenceOf);
    return { isHealthy: restoring.length + silent.length === 0, subscriptions: this.#followed.size, silent, restoring };
  }
}
