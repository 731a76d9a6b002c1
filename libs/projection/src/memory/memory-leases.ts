// The leases of a read store in memory, by the clock of its Runtime.
import type { Runtime } from '@mainstem/event-store';
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from '../read-store/lease.js';

interface StoredLease extends LeaseKey {
  readonly owner: string;
  readonly endsAtMs: number;
}

export class MemoryLeases {
  readonly #leases = new Map<string, StoredLease>();

  constructor(private readonly runtime: Runtime) {}

  claim({ durationMs, ...claimed }: LeaseClaim): LeaseAnswer {
    const nowMs = this.runtime.monotonic();
    const found = this.#leases.get(idOf(claimed));
    if (found && found.owner !== claimed.owner && found.endsAtMs > nowMs) {
      return { isHeld: false, owner: found.owner, remainingMs: found.endsAtMs - nowMs };
    }
    this.#leases.set(idOf(claimed), { ...claimed, endsAtMs: nowMs + durationMs });
    return { isHeld: true, owner: claimed.owner, remainingMs: durationMs };
  }

  release(lease: LeaseKey & { readonly owner: string }): void {
    if (this.#leases.get(idOf(lease))?.owner === lease.owner) this.#leases.delete(idOf(lease));
  }

  forget(projection: string): void {
    for (const [id, lease] of this.#leases) if (lease.projection === projection) this.#leases.delete(id);
  }

  held(projection?: string): readonly HeldLease[] {
    const nowMs = this.runtime.monotonic();
    return [...this.#leases.values()]
      .filter((lease) => lease.endsAtMs > nowMs && (projection === undefined || lease.projection === projection))
      .map(({ endsAtMs, ...lease }) => ({ ...lease, remainingMs: endsAtMs - nowMs }));
  }
}

const idOf = ({ projection, fingerprint, partition }: LeaseKey): string => JSON.stringify([projection, fingerprint, partition]);
