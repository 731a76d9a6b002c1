// Who runs a projection for the time being. Leases keep instances out of each other's way; what protects the data is the epoch alone.

/** From this number on a lease is for no part: its owner shows that it is there. */
export const SEATS_FROM = 1_000_000;

/** What a lease is for: one projection as one definition of it has. Two definitions write different generations and need not wait for each other. */
export interface LeaseKey {
  readonly projection: string;
  readonly fingerprint: string;
  /** Part of the projection, from 0. Numbers from `SEATS_FROM` on are no parts: by them instances that share the parts out know of each other. */
  readonly partition: number;
}

export interface LeaseClaim extends LeaseKey {
  /** Names one instance, for people too; unique among all that may claim. */
  readonly owner: string;
  /** From now on, by the store's clock; a whole number of at least 1. */
  readonly durationMs: number;
  /** The claimant holds it as far as it knows: a hint to extend it before looking who else might. The answer is the same without it. */
  readonly isExtension?: boolean;
}

/** A lease as of the moment when the store answered. */
export interface LeaseAnswer {
  /** It is the claimant's. */
  readonly isHeld: boolean;
  /** Who holds it; undefined if it became free at this very moment, so that the next claim may win. */
  readonly owner: string | undefined;
  /** Until it ends by itself, by the store's clock. */
  readonly remainingMs: number;
}

/** A lease that has not ended. */
export interface HeldLease extends LeaseKey {
  readonly owner: string;
  readonly remainingMs: number;
}
