// Shares the parts of a projection among its instances: all see the same instances and come to the same result.
import type { Runtime } from '@mainstem/event-store';
import type { Hosted } from '../definition/hosted-projection.js';
import { LEASE_MS_DEFAULT, LeaseKeeper, type LeaseOptions } from './lease-keeper.js';
import { MEMBERS_FROM, type HeldLease } from '../read-store/lease.js';

/** A member number is taken at random, so two instances hardly ever choose the same. */
const MEMBER_NUMBERS = 1_000_000_000;

export interface PartitionShareOptions {
  readonly hosted: Hosted;
  readonly lease: LeaseOptions;
  readonly runtime: Runtime;
}

/**
 * Of m instances, in order of their names, number i runs the parts p with p mod m = i. Each holds a lease by which the
 * others see it: they look a few times a second. If a part is free for as long as a lease lasts, the instance in turn
 * may be unable to run it. Then the first instance that notices runs it, for at least twice as long. Only a fair share
 * depends on this: the lease decides who runs a part, and the epoch who may write.
 */
export class PartitionShare {
  readonly #options: PartitionShareOptions;
  readonly #durationMs: number;
  #membership: LeaseKeeper | undefined;
  #members: readonly string[] = [];
  /** By part: since when it has been free. */
  readonly #freeSinceMs = new Map<number, number>();
  /** By part: until when an instance out of turn keeps it. */
  readonly #keptUntilMs = new Map<number, number>();
  #isOver = false;

  constructor(options: PartitionShareOptions) {
    this.#options = options;
    this.#durationMs = options.lease.durationMs ?? LEASE_MS_DEFAULT;
  }

  start(): void {
    void this.#enter();
  }

  /** The others may take over this instance's parts. Never fails. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#membership?.release();
  }

  /** All leases of the store, as just seen. */
  observe(leases: readonly HeldLease[]): void {
    const { projection } = this.#options.hosted;
    const mine = leases.filter((lease) => lease.projection === projection.name && lease.fingerprint === projection.fingerprint);
    this.#members = [...new Set(mine.filter(({ partition }) => partition >= MEMBERS_FROM).map(({ owner }) => owner))].sort();
    const nowMs = this.#options.runtime.monotonic();
    for (let partition = 0; partition < (projection.partitions ?? 1); partition++) {
      if (mine.some((lease) => lease.partition === partition)) this.#freeSinceMs.delete(partition);
      else if (!this.#freeSinceMs.has(partition)) this.#freeSinceMs.set(partition, nowMs);
    }
    if (!this.#membership?.isHeld) void this.#enter();
  }

  mayClaim(partition: number): boolean {
    if (this.#isOver) return false;
    if (this.#isTurn(partition)) return true;
    const freeSinceMs = this.#freeSinceMs.get(partition);
    const nowMs = this.#options.runtime.monotonic();
    if (freeSinceMs === undefined || nowMs - freeSinceMs < this.#durationMs) return false;
    this.#keptUntilMs.set(partition, nowMs + 2 * this.#durationMs);
    return true;
  }

  /** While this instance runs it. */
  mayKeep(partition: number): boolean {
    if (this.#isTurn(partition) || this.#members.length === 0) return true;
    return this.#options.runtime.monotonic() < (this.#keptUntilMs.get(partition) ?? -Infinity);
  }

  #isTurn(partition: number): boolean {
    const { length } = this.#members;
    return length > 0 && this.#members[partition % length] === this.#options.lease.owner;
  }

  async #enter(): Promise<void> {
    if (this.#isOver) return;
    const { hosted, lease, runtime } = this.#options;
    const { projection, store } = hosted;
    const partition = MEMBERS_FROM + Math.floor(runtime.random() * MEMBER_NUMBERS);
    const key = { projection: projection.name, fingerprint: projection.fingerprint, partition };
    this.#membership ??= new LeaseKeeper({ ...lease, store, key, runtime, onLost: () => undefined });
    const membership = this.#membership;
    try {
      // Another instance has the number: the next look takes another one.
      if (!(await membership.claim()) && this.#membership === membership) this.#membership = undefined;
    } catch {
      // Other requests report an outage of the store; the next successful look tries again.
    }
    if (this.#isOver) await membership.release();
  }
}
