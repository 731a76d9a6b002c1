// All 565,708 events of the shop in PostgreSQL, with the SQL read models beside them: every figure over HTTP equals the
// independently computed one. Takes minutes.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresEventStore } from '@mainstem/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectCheckpoint, expectFigures, FULL_FILE, fullFigures } from '../acceptance/online-retail/expected.js';
import { writePrefix } from '../acceptance/online-retail/file-prefix.js';
import { RunningShop } from '../acceptance/online-retail/running-shop.js';
import { postgresQuery, postgresUrl, withPostgres } from '../contract/sql-fixtures.js';

const schemaNamed = (name: string): string => `ledger_${name}_${randomUUID().slice(0, 8)}`;
const urlOf = (schema: string): string => {
  const url = new URL(postgresUrl);
  url.searchParams.set('schema', schema);
  return url.href;
};

describe.runIf(await withPostgres())('the whole shop ledger in PostgreSQL', () => {
  const [events, models] = [schemaNamed('events'), schemaNamed('models')];
  let dir: string;
  beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-full-postgres-'))));
  afterAll(async () => {
    await postgresQuery(`DROP SCHEMA IF EXISTS ${events} CASCADE; DROP SCHEMA IF EXISTS ${models} CASCADE`);
    await rm(dir, { recursive: true, force: true });
  });

  it('stands at each checkpoint as expected, and in the end at every figure', async () => {
    const stores = join(dir, 'stores');
    const env = { EVENT_STORE: urlOf(events), READ_STORE_SQL: urlOf(models) };
    for (const [seq, checkpoint] of Object.entries(fullFigures.checkpoints)) {
      const data = join(dir, 'growing.ndjson');
      await writePrefix(FULL_FILE, Number(seq), data);
      await using shop = await RunningShop.open({ dir: stores, data, env });
      await expectCheckpoint(shop, Number(seq), checkpoint);
    }
    {
      await using shop = await RunningShop.open({ dir: stores, data: FULL_FILE, env });
      await expectFigures(shop, fullFigures);
    }
    const store = await PostgresEventStore.open({ url: urlOf(events) });
    expect(await store.head().finally(() => store.close())).toBe(BigInt(fullFigures.events));
  });
});
