// TypeORM's data source for a PostgreSQL server, with every bound and setting of its sessions.
import type { DocumentClass } from '@mainstem/projection';
import { DataSource } from 'typeorm';
import { migrations, MIGRATIONS_TABLE } from '../bookkeeping/migrations.js';
import { driverTypes } from './native-types.js';
import type { PostgresTarget } from './postgres-target.js';

/** Longest wait for a connection. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** Longer than the server's own limit: only a dead connection gets here. */
const ANSWER_TIMEOUT_EXTRA_MS = 10_000;

/** Not connected yet. */
export const dataSourceFor = (
  { connectionString, schema, sessionOptions, ...limits }: PostgresTarget,
  entities: readonly DocumentClass[],
): DataSource =>
  new DataSource({
    type: 'postgres',
    schema,
    entities: [...entities],
    migrations: [...migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    installExtensions: false,
    logging: false,
    applicationName: 'mainstem',
    // A connection that breaks while idle leaves the pool; the next call makes a new one and reports what it finds.
    poolErrorHandler: () => undefined,
    extra: {
      connectionString, // not `url`: TypeORM would keep parts of it in its own options
      max: limits.poolSizeMax,
      keepAlive: true,
      types: driverTypes,
      options: sessionOptions,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: limits.statementTimeoutMs,
      lock_timeout: limits.lockTimeoutMs,
      idle_in_transaction_session_timeout: limits.idleInTransactionTimeoutMs,
      query_timeout: limits.statementTimeoutMs + ANSWER_TIMEOUT_EXTRA_MS,
    },
  });
