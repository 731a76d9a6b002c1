// Leases as documents beside those of the projections. Scripts change each in one step, by the server's clock.
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from '@mainstem/projection/adapter';
import type { ControlIndex } from '../layout/control-index.js';
import { hashOf } from '../layout/names.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';

interface Lease extends LeaseKey {
  readonly kind: 'lease';
  /** Null while it is free. */
  readonly owner: string | null;
  readonly until: number;
  readonly durationMs: number;
  /** The time of the last claim. */
  readonly now: number;
}

const CLAIM = `
long now = ctx._now;
boolean isFree = ctx._source.owner == null || ctx._source.until <= now || ctx._source.until - now > ctx._source.durationMs;
if (isFree || ctx._source.owner == params.owner) {
  ctx._source.owner = params.owner;
  ctx._source.until = now + params.durationMs;
  ctx._source.durationMs = params.durationMs;
}
ctx._source.now = now;`;
const RELEASE = `if (ctx._source.owner == params.owner) { ctx._source.owner = null; } else { ctx.op = 'noop'; }`;
const CLOCK = `ctx._source.now = ctx._now;`;
const CLOCK_ID = 'clock';
const LISTED_MAX = 10_000;

export class LeaseRecords {
  constructor(
    private readonly connection: OpenSearchConnection,
    private readonly control: ControlIndex,
  ) {}

  async claim({ projection, fingerprint, partition, owner, durationMs }: LeaseClaim): Promise<LeaseAnswer> {
    const upsert: Lease = { kind: 'lease', projection, fingerprint, partition, owner: null, until: 0, durationMs: 0, now: 0 };
    const script = { source: CLAIM, params: { owner, durationMs } };
    const lease = await this.control.update<Lease>(idOf({ projection, fingerprint, partition }), { scripted_upsert: true, script, upsert });
    return { isHeld: lease.owner === owner, owner: lease.owner ?? undefined, remainingMs: lease.until - lease.now };
  }

  async release({ owner, ...key }: LeaseKey & { readonly owner: string }): Promise<void> {
    await this.control.updateIfThere(idOf(key), { script: { source: RELEASE, params: { owner } } });
  }

  /** Also a lease that has ended. */
  async forget(projection: string): Promise<void> {
    await this.connection.request({ method: 'POST', path: `/${this.control.alias}/_refresh`, expected: [404] });
    const query = { bool: { filter: [{ term: { kind: 'lease' } }, { term: { projection } }] } };
    await this.connection.request({
      method: 'POST',
      path: `/${this.control.alias}/_delete_by_query`,
      query: { conflicts: 'proceed', refresh: 'true' },
      body: JSON.stringify({ query }),
      expected: [404],
    });
  }

  /** The server's clock, in milliseconds since 1970. */
  async now(): Promise<number> {
    const { now } = await this.control.update<{ readonly now: number }>(CLOCK_ID, {
      scripted_upsert: true,
      script: { source: CLOCK },
      upsert: { kind: 'clock', now: 0 },
    });
    return now;
  }

  async list(projection: string | undefined): Promise<readonly HeldLease[]> {
    const now = await this.now();
    await this.connection.request({ method: 'POST', path: `/${this.control.alias}/_refresh` });
    const filter = [{ term: { kind: 'lease' } }, ...(projection === undefined ? [] : [{ term: { projection } }])];
    const { body } = await this.connection.request<{ hits: { hits: readonly { _source: Lease }[] } }>({
      method: 'POST',
      path: `/${this.control.alias}/_search`,
      body: JSON.stringify({ size: LISTED_MAX, query: { bool: { filter } } }),
    });
    return body.hits.hits.flatMap(({ _source: lease }) => {
      const remainingMs = lease.until - now;
      if (lease.owner === null || remainingMs <= 0 || remainingMs > lease.durationMs) return [];
      return [{ projection: lease.projection, fingerprint: lease.fingerprint, partition: lease.partition, owner: lease.owner, remainingMs }];
    });
  }
}

const idOf = ({ projection, fingerprint, partition }: LeaseKey): string => `lease-${hashOf(JSON.stringify([projection, fingerprint, partition]))}`;
