// The SQL read store on PostgreSQL, in a schema of its own.
import { SqlReadStore } from '@mainstem/sql';
import { postgresQuery, postgresUrl, withPostgres } from '../../contract/sql-fixtures.js';
import type { StoreUnderTest } from './store-under-test.js';
import { readTallyRow, toldEntities } from './told-entities.js';

export const store: StoreUnderTest = {
  open: ({ scope }) => SqlReadStore.open({ url: postgresUrl, schema: scope, poolSizeMax: 4 }, { entities: toldEntities }),
  remove: ({ scope }) => postgresQuery(`DROP SCHEMA IF EXISTS "${scope}" CASCADE`),
  readTally: (opened, stream) => readTallyRow(opened as SqlReadStore, stream),
  isThere: withPostgres,
};
