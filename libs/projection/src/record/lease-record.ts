// Who holds a lease, decided once for all stores by the store's own clock.
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from '../read-store/lease.js';

/** A stored lease. All times are those of the store's own clock. */
export interface LeaseRecord extends LeaseKey {
  readonly owner: string;
  /** The claimed duration. */
  readonly durationMs: number;
  readonly endsAtMs: number;
}

export type LeaseCommand = ({ readonly do: 'claim' } & LeaseClaim) | ({ readonly do: 'release'; readonly owner: string } & LeaseKey);

export interface DecidedLease {
  /** Store it in place of the one that was found; undefined: store none. */
  readonly lease: LeaseRecord | undefined;
  readonly answer: LeaseAnswer;
}

/** `found`: the stored lease of the command's key, ended or not. */
export const decideLease = (found: LeaseRecord | undefined, command: LeaseCommand, nowMs: number): DecidedLease => {
  const { projection, fingerprint, partition, owner } = command;
  const rival = rivalOf(found, owner, nowMs);
  if (rival) return { lease: found, answer: rival };
  if (command.do === 'release') return { lease: found?.owner === owner ? undefined : found, answer: FREE };
  const { durationMs } = command;
  const lease = { projection, fingerprint, partition, owner, durationMs, endsAtMs: nowMs + durationMs };
  return { lease, answer: { isHeld: true, owner, remainingMs: durationMs } };
};

/** The answer to a claimant who comes while another owner holds the lease; undefined if none does. */
export const rivalOf = (found: LeaseRecord | undefined, owner: string, nowMs: number): LeaseAnswer | undefined =>
  found && found.owner !== owner && isRunning(found, nowMs) ? { isHeld: false, owner: found.owner, remainingMs: found.endsAtMs - nowMs } : undefined;

/** A lease that would last longer than claimed is from before a clock change: it does not count. */
export const isRunning = ({ endsAtMs, durationMs }: Pick<LeaseRecord, 'endsAtMs' | 'durationMs'>, nowMs: number): boolean =>
  endsAtMs > nowMs && endsAtMs <= nowMs + durationMs;

/** Leases that have not ended, in the port's form. */
export const heldAmong = (leases: readonly LeaseRecord[], nowMs: number): readonly HeldLease[] =>
  leases.filter((lease) => isRunning(lease, nowMs)).map(({ durationMs: _, endsAtMs, ...lease }) => ({ ...lease, remainingMs: endsAtMs - nowMs }));

/** One text for each key. */
export const leaseKeyText = ({ projection, fingerprint, partition }: LeaseKey): string => JSON.stringify([projection, fingerprint, partition]);

const FREE: LeaseAnswer = { isHeld: false, owner: undefined, remainingMs: 0 };
