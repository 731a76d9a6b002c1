// The same figures with the SQL read models on PostgreSQL: only a setting changes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresUrl } from '../../contract/sql-fixtures.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './expected.js';
import { everyAnswer } from './pages.js';
import { RunningShop } from './running-shop.js';

const SCHEMA = `mainstem_shop_${process.pid}`;

describe('the sample with SQL on PostgreSQL', () => {
  let dir: string;
  beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-postgres-'))));
  afterAll(async () => {
    await rm(dir, { recursive: true, force: true });
    const client = new pg.Client({ connectionString: postgresUrl });
    await client.connect();
    await client.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
    await client.end();
  });

  it('reproduces every expected figure, and each answer of SQLite', async () => {
    const url = new URL(postgresUrl);
    url.searchParams.set('schema', SCHEMA);
    await using shop = await RunningShop.open({ dir: join(dir, 'postgres'), data: SAMPLE_FILE, env: { READ_STORE_SQL: url.href } });
    await expectFigures(shop, sampleFigures);
    await using embedded = await RunningShop.open({ dir: join(dir, 'embedded'), data: SAMPLE_FILE });
    expect(await everyAnswer(shop)).toEqual(await everyAnswer(embedded));
  });
});
