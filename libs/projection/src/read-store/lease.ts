// Which instance runs a projection. Leases keep instances apart; only the epoch protects the data.

/** From this number on a lease is for no part: it shows that its owner is present. */
export const MEMBERS_FROM = 1_000_000;

/** What a lease is for: one definition of a projection. Two definitions write different generations. */
export interface LeaseKey {
  readonly projection: string;
  readonly fingerprint: string;
  /** Part of the projection, from 0. Numbers from `MEMBERS_FROM` on are no parts: they show instances to each other. */
  readonly partition: number;
}

export interface LeaseClaim extends LeaseKey {
  /** Names one instance, also for people; unique among all claimants. */
  readonly owner: string;
  /** From now on, by the store's clock; a whole number of at least 1. */
  readonly durationMs: number;
  /** The claimant believes that it holds the lease: a hint to try an extension first, without other effects. */
  readonly isExtension?: boolean;
}

/** A lease at the moment of the store's answer. */
export interface LeaseAnswer {
  /** True if the claimant holds it. */
  readonly isHeld: boolean;
  /** The owner; undefined if the lease became free at this very moment, so that the next claim may win. */
  readonly owner: string | undefined;
  /** Until it ends by itself, by the store's clock. */
  readonly remainingMs: number;
}

/** A lease that has not ended. */
export interface HeldLease extends LeaseKey {
  readonly owner: string;
  readonly remainingMs: number;
}
