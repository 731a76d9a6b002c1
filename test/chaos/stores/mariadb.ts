// The SQL read store on MariaDB, in a database of its own.
import { SqlReadStore } from '@mainstem/sql';
import { mariadbDatabase, mariadbQuery, withMariadb } from '../../contract/sql-fixtures.js';
import type { StoreUnderTest } from './store-under-test.js';
import { readTallyRow, toldEntities } from './told-entities.js';

export const store: StoreUnderTest = {
  open: async ({ scope }) => {
    await mariadbQuery(`CREATE DATABASE IF NOT EXISTS ${scope}`);
    return SqlReadStore.open({ url: mariadbDatabase(scope), poolSizeMax: 4 }, { entities: toldEntities });
  },
  remove: ({ scope }) => mariadbQuery(`DROP DATABASE IF EXISTS ${scope}`),
  readTally: (opened, stream) => readTallyRow(opened as SqlReadStore, stream),
  isThere: withMariadb,
};
