// What looks at read models on PostgreSQL makes none: a schema that was mistyped stays missing.
import { SqlReadStore } from '@mainstem/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Parcel, postgresFixture, postgresQuery, postgresRows, postgresUrl, withPostgres, type SqlFixture } from './sql-fixtures.js';

describe.runIf(await withPostgres())('a PostgreSQL schema that must exist', () => {
  let fixture: SqlFixture;
  let schema: string;
  beforeAll(async () => {
    fixture = await postgresFixture();
    ({ schema = '' } = fixture.location as { readonly schema?: string });
    await (await fixture.open([Parcel])).close();
  });
  afterAll(() => fixture.remove());

  const opened = (name: string): Promise<SqlReadStore> =>
    SqlReadStore.open({ url: postgresUrl, schema: name, mustExist: true }, { entities: [Parcel] });
  const tablesIn = async (name: string): Promise<readonly unknown[]> => {
    const sql = 'SELECT nspname, relname FROM pg_namespace space LEFT JOIN pg_class ON relnamespace = space.oid WHERE nspname = $1';
    return postgresRows(sql, [name]);
  };

  it('is opened where it has read models', async () => {
    const store = await opened(schema);
    expect(await store.generations()).toEqual([]);
    await store.close();
  });

  it('is refused with the nearest name, and not made, where it was mistyped', async () => {
    const mistyped = `${schema}x`;
    await expect(opened(mistyped)).rejects.toMatchObject({
      code: 'READ_STORE_CANNOT_OPEN',
      message: `PostgreSQL has no read models in schema ${mistyped}, and none were made. Did you mean schema ${schema}?`,
    });
    expect(await tablesIn(mistyped)).toEqual([]);
  });

  it('is refused, and stays empty, where it is there without read models', async () => {
    const empty = `empty_${schema}`;
    await postgresQuery(`CREATE SCHEMA "${empty}"`);
    try {
      await expect(opened(empty)).rejects.toMatchObject({
        code: 'READ_STORE_CANNOT_OPEN',
        message: expect.stringContaining('Check database and schema in its URL.'),
      });
      expect(await tablesIn(empty)).toEqual([{ nspname: empty, relname: null }]);
    } finally {
      await postgresQuery(`DROP SCHEMA "${empty}"`);
    }
  });
});
