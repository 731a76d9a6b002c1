// Updates the bookkeeping tables, inside an open and locked transaction of the caller.
import { MigrationExecutor, type QueryRunner } from 'typeorm';
import { NewerReadStore } from '../errors.js';
import { MIGRATIONS_TABLE, migrations } from './migrations.js';

/**
 * Runs the missing migrations. The caller holds a lock that other processes wait for, so each runs once. Errors:
 * READ_STORE_NEWER if the database has migrations that this version does not know.
 */
export const migrate = async (runner: QueryRunner, store: string): Promise<void> => {
  const executor = new MigrationExecutor(runner.dataSource, runner);
  executor.transaction = 'none';
  if (await runner.hasTable(qualified(runner))) {
    const known = new Set<string>(migrations.map(({ name }) => name));
    const unknown = (await executor.getExecutedMigrations()).find(({ name }) => !known.has(name));
    if (unknown) throw new NewerReadStore(store, unknown.name);
  }
  await executor.executePendingMigrations();
};

const qualified = (runner: QueryRunner): string => {
  const { options } = runner.dataSource;
  return 'schema' in options && typeof options.schema === 'string' ? `${options.schema}.${MIGRATIONS_TABLE}` : MIGRATIONS_TABLE;
};
