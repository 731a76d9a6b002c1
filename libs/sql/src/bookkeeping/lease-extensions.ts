// Nearly the only work of an idle projector's database: one statement extends all leases of the same moment.
import type { Runtime } from '@mainstem/event-store';
import type { LeaseClaim } from '@mainstem/projection/adapter';
import type { SqlDatabase } from '../server/sql-database.js';
import type { LeaseRecords } from './lease-records.js';

/** Timers of the same moment fire within a millisecond or two. */
const GATHER_MS = 5;

interface Waiting {
  readonly claim: LeaseClaim;
  readonly resolve: (isHeld: boolean) => void;
  readonly reject: (error: unknown) => void;
}

export class LeaseExtensions {
  readonly #database: SqlDatabase;
  readonly #leases: LeaseRecords;
  readonly #runtime: Runtime;
  #waiting: Waiting[] = [];

  constructor(database: SqlDatabase, leases: LeaseRecords, runtime: Runtime) {
    this.#database = database;
    this.#leases = leases;
    this.#runtime = runtime;
  }

  /** False if the claimant does not hold it: nothing was changed. Errors: READ_STORE_UNAVAILABLE. */
  extend(claim: LeaseClaim): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ claim, resolve, reject }) === 1)
        void this.#runtime.sleep(GATHER_MS).then(() => this.#extendAll(this.#waiting.splice(0)));
    });
  }

  #extendAll(waiting: readonly Waiting[]): void {
    for (const durationMs of new Set(waiting.map(({ claim }) => claim.durationMs))) {
      void this.#extendFor(
        waiting.filter(({ claim }) => claim.durationMs === durationMs),
        durationMs,
      );
    }
  }

  async #extendFor(waiting: readonly Waiting[], durationMs: number): Promise<void> {
    const claims = waiting.map(({ claim }) => claim);
    try {
      const extended = await this.#database.use((connection) => this.#leases.extend(connection, claims, durationMs));
      for (const { claim, resolve } of waiting) resolve(extended.includes(claim));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
