// Keeps the lease of one projection: claims it, extends it in time, notices its loss, and releases it.
import type { Runtime } from '@mainstem/event-store';
import { InvalidLease } from './errors.js';
import type { HeldLease, LeaseKey } from '../read-store/lease.js';
import type { ReadStore } from '../read-store/read-store.js';

export interface LeaseOptions {
  /** Names this instance, for other instances and for people; it must be unique. */
  readonly owner: string;
  /** How long a projection waits for another instance after its owner has died. From 100 to 600,000; default 5,000. */
  readonly durationMs?: number;
}

export const LEASE_MS_DEFAULT = 5_000;
const LEASE_MS_MIN = 100;
const LEASE_MS_MAX = 600_000;
const OWNER_LENGTH_MAX = 200;
/**
 * A lease is extended before a third of it is over, which leaves time for another try. That happens whenever this clock
 * passes a multiple of that time, so that all leases of a process ask the store together.
 */
const EXTEND_AFTER = 1 / 3;
/** After a failed extension, the next try comes after this fraction of the lease. */
const RETRY_AFTER = 1 / 15;

/** Errors: PROJECTOR_INVALID_LEASE. */
export const assertLease = ({ owner, durationMs = LEASE_MS_DEFAULT }: LeaseOptions): void => {
  if (owner.length === 0 || owner.length > OWNER_LENGTH_MAX) throw new InvalidLease(`an owner has 1 to ${OWNER_LENGTH_MAX} characters`);
  if (!Number.isInteger(durationMs) || durationMs < LEASE_MS_MIN || durationMs > LEASE_MS_MAX) {
    throw new InvalidLease(`it lasts a whole number of milliseconds from ${LEASE_MS_MIN} to ${LEASE_MS_MAX}, not ${durationMs}`);
  }
};

export interface LeaseKeeperOptions extends LeaseOptions {
  readonly store: Pick<ReadStore, 'claimLease' | 'releaseLease'>;
  readonly key: LeaseKey;
  readonly runtime: Runtime;
  /** It was lost without a release. Must not throw. */
  readonly onLost: () => void;
}

/**
 * Its own clock decides when the lease is over, counted from before the request: so it ends here before the store can
 * give it to another instance. Only politeness depends on that.
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #durationMs: number;
  #endsAtMs = -Infinity;
  #renewal: AbortController | undefined;
  #asking: Promise<unknown> = Promise.resolve();
  /** The store may have recorded it for this instance. */
  #mayBeStored = false;
  #owner: string | undefined;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#durationMs = options.durationMs ?? LEASE_MS_DEFAULT;
  }

  get isHeld(): boolean {
    return this.#renewal !== undefined && this.#leftMs > 0;
  }

  /** Its owner, as far as it is known here. */
  get owner(): string | undefined {
    return this.#owner;
  }

  /** All leases of the store, as just seen: they show the owner without a claim. */
  observe(leases: readonly HeldLease[]): void {
    if (!this.isHeld) this.#owner = leases.find((lease) => this.isFor(lease))?.owner;
  }

  isFor({ projection, fingerprint, partition }: LeaseKey): boolean {
    const { key } = this.#options;
    return key.projection === projection && key.fingerprint === fingerprint && key.partition === partition;
  }

  /** True if it is held, until it is lost or released. Errors: READ_STORE_UNAVAILABLE. */
  async claim(): Promise<boolean> {
    if (this.isHeld) return true;
    this.#renewal?.abort();
    this.#renewal = undefined;
    if (!(await this.#ask())) return false;
    const renewal = new AbortController();
    this.#renewal = renewal;
    void this.#extend(renewal.signal).then(() => this.#lose(renewal));
    return true;
  }

  /** Releases it for a waiting instance. Never fails: at worst the lease ends by itself. More calls are harmless. */
  async release(): Promise<void> {
    this.#renewal?.abort();
    this.#renewal = undefined;
    this.#endsAtMs = -Infinity;
    await this.#asking; // an extension that arrives after the release would make all instances wait
    if (!this.#mayBeStored) return;
    const { store, key, owner } = this.#options;
    try {
      await store.releaseLease({ ...key, owner });
      this.#mayBeStored = false;
      this.#owner = undefined;
    } catch {
      // Other requests report an outage of the store.
    }
  }

  get #leftMs(): number {
    return this.#endsAtMs - this.#options.runtime.monotonic();
  }

  get #untilExtension(): number {
    const intervalMs = Math.floor(this.#durationMs * EXTEND_AFTER);
    return Math.ceil(intervalMs - (this.#options.runtime.monotonic() % intervalMs));
  }

  /** Ends when the lease is lost or the signal fires. */
  async #extend(signal: AbortSignal): Promise<void> {
    const { runtime } = this.#options;
    let delayMs = this.#untilExtension;
    while (!signal.aborted && this.#leftMs > 0) {
      await runtime.sleep(Math.min(delayMs, this.#leftMs), signal);
      if (signal.aborted || this.#leftMs <= 0) return;
      const outcome = await this.#askInTime(signal);
      if (outcome === 'refused') return;
      delayMs = outcome === 'held' ? this.#untilExtension : this.#durationMs * RETRY_AFTER;
    }
  }

  /** A store that does not answer must not hide from this instance that its time is over. */
  async #askInTime(signal: AbortSignal): Promise<'held' | 'refused' | 'unknown'> {
    const answered = new AbortController();
    const asked = this.#ask().then(
      (isHeld) => (isHeld ? 'held' : 'refused'),
      () => 'unknown' as const,
    );
    const late = this.#options.runtime.sleep(this.#leftMs, AbortSignal.any([signal, answered.signal])).then(() => 'unknown' as const);
    const outcome = await Promise.race([asked, late]);
    answered.abort();
    return outcome;
  }

  async #ask(): Promise<boolean> {
    const { store, key, owner, runtime } = this.#options;
    const endsAtMs = runtime.monotonic() + this.#durationMs;
    this.#mayBeStored = true;
    const answer = store.claimLease({ ...key, owner, durationMs: this.#durationMs, isExtension: this.isHeld });
    this.#asking = answer.catch(() => undefined);
    const { isHeld, owner: holder } = await answer;
    this.#owner = holder;
    this.#mayBeStored = isHeld;
    if (isHeld) this.#endsAtMs = endsAtMs;
    return isHeld && this.#leftMs > 0;
  }

  #lose(renewal: AbortController): void {
    if (this.#renewal !== renewal) return; // released
    this.#renewal = undefined;
    this.#options.onLost();
  }
}
