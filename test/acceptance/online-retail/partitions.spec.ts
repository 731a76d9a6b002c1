// Partitioned projections, with parts on two instances of each projector, one of which dies during the import: same
// figures.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisFixture, redisUrl } from '../../contract/redis-fixtures.js';
import { postgresQuery, postgresUrl, withPostgres } from '../../contract/sql-fixtures.js';
import { ApplicationProcess, build } from './application-process.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './expected.js';
import { everyAnswer } from './pages.js';
import { RunningShop } from './running-shop.js';
import { mainstem } from './shop-process.js';

const SCHEMA = `mainstem_parts_${process.pid}`;
const PARTS: Readonly<Record<string, number>> = {
  'customer-profiles': 2,
  'order-lines': 4,
  products: 3,
  'sales-by-month': 2,
  'ledger-totals': 2,
  'product-cards': 2,
  'monthly-products': 3,
  'product-texts': 2,
};
const SPREAD_MS = 30_000;
const HEALING_MS = 60_000;

interface PartProgress {
  readonly partition: number;
  readonly state: string;
  readonly owner: string | null;
  readonly position: string | null;
  readonly lagMs: number | null;
}

interface Progress {
  readonly projection: string;
  readonly state: string;
  readonly position: string | null;
  readonly lagMs: number | null;
  readonly partitions: readonly PartProgress[] | null;
}

interface Stored {
  readonly projection: string;
  readonly state: string;
  readonly position: string;
  readonly head: string;
  readonly lagEvents: string;
  readonly generation: number;
  readonly owners: readonly { readonly partition: number; readonly owner: string }[];
  readonly generations: readonly {
    readonly number: number;
    readonly partitions: readonly { readonly position: string; readonly lagEvents: string }[];
  }[];
}

const progressOf = async ({ url }: ApplicationProcess): Promise<readonly Progress[]> => {
  const answer = (await (await fetch(`${url}/health/progress`)).json()) as { readonly projections: readonly Progress[] };
  return answer.projections;
};

const isThere = redisUrl !== undefined && (await withPostgres());

describe.skipIf(!isThere)('projections in parts, on PostgreSQL and Redis', () => {
  const redis = redisFixture(redisUrl ?? '');
  const projectors = new Map<string, ApplicationProcess>();
  let queries: ApplicationProcess;
  let dir: string;
  let env: Readonly<Record<string, string>>;

  const start = (entry: string): Promise<ApplicationProcess> => ApplicationProcess.start(`apps/${entry}/src/main.js`, ['--dir', dir], env);
  const projector = (name: string): ApplicationProcess => {
    const found = projectors.get(name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  };

  beforeAll(build);
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-parts-'));
    const url = new URL(postgresUrl);
    url.searchParams.set('schema', SCHEMA);
    const partitions = Object.entries(PARTS).map(([name, count]) => `${name}=${count}`);
    env = {
      READ_STORE_SQL: url.href,
      READ_STORE_CACHE: redis.url,
      READ_STORE_SEARCH: '',
      EVENT_STORE: '',
      PROJECTOR_LEASE_MS: '1000',
      PROJECTION_PARTITIONS: partitions.join(','),
    };
    for (const name of ['sql', 'cache', 'search']) {
      for (const instance of ['first', 'second']) projectors.set(`${instance} ${name}`, await start(`${name}-projector`));
    }
    queries = await start('query-api');
  });
  afterAll(async () => {
    for (const process of [...projectors.values(), queries]) await process.end('SIGTERM');
    await rm(dir, { recursive: true, force: true });
    await postgresQuery(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
    await redis.remove();
  });

  /** Projections with a part without owner, or with one owner for all parts. */
  const unspread = async (name: string): Promise<readonly string[]> =>
    (await progressOf(projector(name))).flatMap(({ projection, partitions }) => {
      const owners = (partitions ?? []).map(({ owner }) => owner);
      return partitions && (owners.includes(null) || new Set(owners).size < 2) ? [`${projection}: ${owners.join(', ')}`] : [];
    });

  it('run in the configured number of parts, spread over both instances of a projector', async () => {
    for (const name of ['second sql', 'second cache', 'second search']) {
      await expect.poll(() => unspread(name), { timeout: SPREAD_MS, interval: 50 }).toEqual([]);
      for (const { projection, partitions } of await progressOf(projector(name))) {
        expect(partitions?.length, projection).toBe(PARTS[projection]);
      }
    }
  });

  it('give every expected figure when one instance of each projector is killed while the events arrive', async () => {
    let isOver = false;
    const imported = mainstem(['--dir', dir, 'import', SAMPLE_FILE], env).finally(() => (isOver = true));
    const isUnderWay = async (): Promise<boolean> => (await progressOf(projector('first sql'))).some(({ position }) => BigInt(position ?? 0) > 0n);
    await expect.poll(isUnderWay, { timeout: HEALING_MS, interval: 5 }).toBe(true);
    await Promise.all(['first sql', 'first cache', 'first search'].map((name) => projector(name).end('SIGKILL')));
    expect(isOver, 'the import').toBe(false);
    expect(await imported).toMatchObject({ code: 0 });
    for (const name of ['second sql', 'second cache', 'second search']) {
      await expect.poll(() => behind(name), { timeout: HEALING_MS, interval: 50 }).toEqual([]);
    }
    await queries.ready(HEALING_MS);
    await expectFigures(queries, sampleFigures);
  });

  /** What the survivor does not run, or has not applied, in its own words. */
  const behind = async (name: string): Promise<readonly string[]> => {
    const head = String(sampleFigures.events);
    return (await progressOf(projector(name))).flatMap(({ projection, ...whole }) =>
      [whole, ...(whole.partitions ?? [])]
        .filter(({ state, position, lagMs }) => state !== 'live' || position !== head || lagMs !== 0)
        .map(({ state, position }) => `${projection} is ${state} at ${position}`),
    );
  };

  it('are shown by mainstem status, each part with its position and its owner', async () => {
    const told = async (): Promise<readonly Stored[]> => {
      const { code, out } = await mainstem(['--dir', dir, 'status', '--json'], env);
      expect(code).toBe(0);
      return (JSON.parse(out) as readonly Stored[]).filter(({ projection }) => PARTS[projection] !== undefined);
    };
    let split: readonly Stored[] = [];
    // On a busy machine a lease may be extended late.
    await expect
      .poll(async () => (split = await told()).every(({ projection, owners }) => owners.length === PARTS[projection]), { timeout: HEALING_MS })
      .toBe(true);
    const head = String(sampleFigures.events);
    expect(split).toHaveLength(Object.keys(PARTS).length);
    for (const { projection, owners, generation, generations, ...whole } of split) {
      expect(whole, projection).toMatchObject({ state: 'Live', position: head, lagEvents: '0' });
      const numbers = Array.from({ length: PARTS[projection] ?? 0 }, (_, number) => number);
      expect(owners.map(({ partition }) => partition)).toEqual(numbers);
      expect(new Set(owners.map(({ owner }) => owner)).size).toBe(1);
      const parts = generations.find(({ number }) => number === generation)?.partitions ?? [];
      expect(parts, projection).toMatchObject(numbers.map((partition) => ({ partition, position: head, lagEvents: '0' })));
    }
  });

  it('are verified by the command, and answer like unpartitioned ones', async () => {
    expect(await mainstem(['--dir', dir, 'verify', '--all'], env)).toMatchObject({ code: 0 });
    await using whole = await RunningShop.open({ dir: join(dir, 'whole'), data: SAMPLE_FILE });
    expect(await everyAnswer(queries)).toEqual(await everyAnswer(whole));
  });

  it.each(['sql-projector', 'cache-projector', 'search-projector', 'all-in-one'])('are refused by %s if there is none of that name', async (name) => {
    const given = { ...env, PROJECTION_PARTITIONS: 'product-texts=2,order-lins=2' };
    const started = ApplicationProcess.start(`apps/${name}/src/main.js`, ['--dir', join(dir, 'refused')], given);
    await expect(started).rejects.toThrow(
      /\nSETTINGS_INVALID: PROJECTION_PARTITIONS: there is no projection order-lins\. Did you mean order-lines\? Known are .*\n$/,
    );
  });
});
