// What a projection does when it fails.

export interface RecoveryPolicy {
  /**
   * When an event cannot be folded, `stop` leaves the checkpoint before it and turns health red. `park` parks the event
   * and all later events of its key, in order, and goes on with the others. Default `stop`.
   */
  readonly onFailure: 'stop' | 'park';
  /** How often such an event is tried first. Outages of a store do not count: they are retried for ever. Default 3. */
  readonly attemptsMax: number;
  /** First delay between tries; it doubles up to the maximum. Defaults 100 ms and 5 s. */
  readonly retryDelayMs: number;
  readonly retryDelayMaxMs: number;
}

export const DEFAULT_RECOVERY: RecoveryPolicy = { onFailure: 'stop', attemptsMax: 3, retryDelayMs: 100, retryDelayMaxMs: 5_000 };

const FENCED_JITTER_MS = 2_000;

/** Delay after another instance took over: long enough for its progress, and random, so that two do not fight. */
export const fencedDelayMs = (policy: RecoveryPolicy, random: number): number => policy.retryDelayMs + random * FENCED_JITTER_MS;
