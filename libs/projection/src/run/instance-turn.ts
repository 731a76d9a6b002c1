// Whether it is this instance's turn to run a projection or a part: by its lease, and by its share of the parts.
import type { HeldLease } from '../read-store/lease.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { Input } from './projection-state.js';
import type { RunnerOptions } from './runner-options.js';

/** A standby wakes up as soon as the lease is seen to be free; this is its wait if nothing wakes it. */
const STANDBY_WAIT_MS = 2_000;

export type Displaced = Extract<Input, { readonly kind: 'displaced' }>;

/** Without a lease it is always this instance's turn. */
export interface InstanceTurnOptions extends Pick<RunnerOptions, 'hosted' | 'partition' | 'share' | 'lease' | 'runtime'> {
  /** It may be this instance's turn now. Must not throw. */
  readonly onFree: () => void;
  /** Its turn is over: the lease was lost, or another instance is to have the part. Must not throw. */
  readonly onOver: () => void;
}

export class InstanceTurn {
  readonly #options: InstanceTurnOptions;
  readonly #lease: LeaseKeeper | undefined;
  /** Another instance is to have the part. */
  #yields = false;

  constructor(options: InstanceTurnOptions) {
    const { hosted, partition, lease, runtime, onOver } = options;
    const { projection, store } = hosted;
    const key = { projection: projection.name, fingerprint: projection.fingerprint, partition: partition.number };
    this.#options = options;
    this.#lease = lease && new LeaseKeeper({ ...lease, store, key, runtime, onLost: onOver });
  }

  /** The owner of the lease, as far as it is known here. */
  get owner(): string | undefined {
    return this.#lease?.owner;
  }

  /** The lease is held, or none is needed. */
  get isMine(): boolean {
    return this.#lease?.isHeld !== false;
  }

  /** The parts are shared by the holders of leases, so it needs the leases all the time. */
  get isShared(): boolean {
    return this.#options.share !== undefined;
  }

  /** Takes the lease if it is free and in this instance's turn; true if held. Errors: READ_STORE_UNAVAILABLE. */
  async claim(): Promise<boolean> {
    if (!this.#lease || this.#lease.isHeld) return true;
    return this.#mayClaim && (await this.#lease.claim());
  }

  /** The state after an open session that this instance must not write any more; undefined while it may. */
  displaced(): Displaced | undefined {
    if (this.#yields) return lookLater();
    // A session of another instance would refuse every write; the next try shows whether there is one.
    return this.isMine ? undefined : { kind: 'displaced', delayMs: 0 };
  }

  /** All leases of the store, as just seen, for a standby or an owner. */
  observe(leases: readonly HeldLease[], isStandby: boolean): void {
    const { partition, share, onFree, onOver } = this.#options;
    share?.observe(leases);
    this.#lease?.observe(leases);
    if (isStandby) {
      const isFree = !leases.some((lease) => this.#lease?.isFor(lease));
      if (isFree && this.#mayClaim) onFree();
    } else if (share && !share.mayKeep(partition.number)) {
      this.#yields = true;
      onOver();
    }
  }

  /** No session is open: the lease is released if it is another instance's turn, or `makesWay`. Never fails. */
  async pause(makesWay: boolean): Promise<void> {
    if (makesWay || this.#yields) await this.#lease?.release();
    this.#yields = false;
  }

  /** Another instance can have it at once. Never fails. */
  async end(): Promise<void> {
    await this.#lease?.release();
  }

  get #mayClaim(): boolean {
    const { partition, share } = this.#options;
    return share?.mayClaim(partition.number) ?? true;
  }
}

/** Another instance runs it: the instance learns this and looks again after a while. */
export const lookLater = (): Displaced => ({ kind: 'displaced', delayMs: STANDBY_WAIT_MS });
