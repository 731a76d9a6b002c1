// Leases in Redis, by the server's clock.
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from '@mainstem/projection/adapter';
import { CLAIM, LIST, RELEASE } from '../scripts/leases.js';
import { type RedisConnection, scriptOf } from '../server/redis-connection.js';

export class LeaseRecords {
  readonly #key: string;

  constructor(
    private readonly connection: RedisConnection,
    prefix: string,
  ) {
    this.#key = `${prefix}leases`;
  }

  async claim(claim: LeaseClaim): Promise<LeaseAnswer> {
    const args = [nameOf(claim), claim.owner, claim.durationMs];
    const [isHeld, owner = '', remaining = ''] = (await this.connection.run(SCRIPTS.claim, [this.#key], args)) as string[];
    return { isHeld: isHeld === '1', owner, remainingMs: Number(remaining) };
  }

  async release(lease: LeaseKey & { readonly owner: string }): Promise<void> {
    await this.connection.run(SCRIPTS.release, [this.#key], [nameOf(lease), lease.owner]);
  }

  /** Also a lease that has ended. */
  async forget(projection: string): Promise<void> {
    const names = (await this.connection.call('hkeys', [this.#key])) as string[];
    const own = names.filter((name) => (JSON.parse(name) as [string])[0] === projection);
    if (own.length > 0) await this.connection.call('hdel', [this.#key, ...own]);
  }

  /** Leases by name; those of all projections if none is given. */
  async list(projection?: string): Promise<readonly HeldLease[]> {
    const reply = (await this.connection.run(SCRIPTS.list, [this.#key], [])) as string[];
    const held: HeldLease[] = [];
    for (let index = 0; index + 2 < reply.length; index += 3) {
      const [name = '', owner = '', remaining = ''] = reply.slice(index, index + 3);
      const key = JSON.parse(name) as [string, string, number];
      held.push({ projection: key[0], fingerprint: key[1], partition: key[2], owner, remainingMs: Number(remaining) });
    }
    return held.filter((lease) => projection === undefined || lease.projection === projection);
  }
}

const nameOf = ({ projection, fingerprint, partition }: LeaseKey): string => JSON.stringify([projection, fingerprint, partition]);

const SCRIPTS = { claim: scriptOf(CLAIM), release: scriptOf(RELEASE), list: scriptOf(LIST) };
