// The same figures with the SQL read models on MariaDB: only a setting changes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mariadbDatabase, mariadbQuery, withMariadb } from '../../contract/sql-fixtures.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './expected.js';
import { everyAnswer } from './pages.js';
import { RunningShop } from './running-shop.js';

const DATABASE = `mainstem_shop_${process.pid}`;

describe.runIf(await withMariadb())('the sample with SQL on MariaDB', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-mariadb-'));
    await mariadbQuery(`CREATE DATABASE ${DATABASE}`);
  });
  afterAll(async () => {
    await rm(dir, { recursive: true, force: true });
    await mariadbQuery(`DROP DATABASE IF EXISTS ${DATABASE}`);
  });

  it('reproduces every expected figure, and each answer of SQLite', async () => {
    await using shop = await RunningShop.open({ dir: join(dir, 'mariadb'), data: SAMPLE_FILE, env: { READ_STORE_SQL: mariadbDatabase(DATABASE) } });
    await expectFigures(shop, sampleFigures);
    await using embedded = await RunningShop.open({ dir: join(dir, 'embedded'), data: SAMPLE_FILE });
    expect(await everyAnswer(shop)).toEqual(await everyAnswer(embedded));
  });
});
