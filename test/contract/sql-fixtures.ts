// Databases for the suites of the SQL read store: a fresh folder or schema each, gone afterwards.
import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Incarnation, Position } from '@mainstem/event-store';
import type { DocumentClass } from '@mainstem/projection';
import type { CheckpointMove, ProjectionDescriptor } from '@mainstem/projection/adapter';
import { SqlReadStore } from '@mainstem/sql';
import type { SqlLocation } from '@mainstem/sql';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('parcels')
@Index(['country', 'weight'])
export class Parcel {
  @PrimaryColumn('text') parcelId!: string;
  @Column({ type: 'text', name: 'land' }) country!: string;
  @Column('text', { nullable: true }) note!: string | null;
  @Column('integer') weight!: number;
  @Column('bigint') number!: string;
  @Column('double precision') ratio!: number;
  @Column('boolean') isOpen!: boolean;
  @Column('simple-json', { nullable: true }) tags!: readonly unknown[] | null;
}

@Entity('countries')
export class CountryTotal {
  @PrimaryColumn('text') country!: string;
  @Column('integer') parcels!: number;
}

export const parcel = (parcelId: string, fields: Partial<Parcel> = {}): Parcel => ({
  parcelId,
  country: 'France',
  note: null,
  weight: 1,
  number: '0',
  ratio: 0.5,
  isOpen: true,
  tags: null,
  ...fields,
});

/** A projection with a collection of documents and a roll-up, as the engine would describe it. */
export const parcels: ProjectionDescriptor = {
  name: 'parcels',
  version: 1,
  fingerprint: '00000000000000aa',
  collections: [
    { name: 'parcels', document: Parcel, hasState: false },
    { name: 'countries', document: CountryTotal, hasState: true },
  ],
};

export const incarnation = '0b0c2f6e-6b47-4a3e-9f0e-2c6f8d1f0a11' as Incarnation;
export const at = (number: number | bigint): Position => BigInt(number) as Position;
export const move = (from: number | undefined, to: number): CheckpointMove => ({
  from: from === undefined ? undefined : at(from),
  to: at(to),
  digest: to.toString(16).padStart(16, '0'),
});

/** A database of one dialect, made for one test file. */
export interface SqlFixture {
  readonly name: string;
  readonly location: SqlLocation;
  open(entities?: readonly DocumentClass[]): Promise<SqlReadStore>;
  /** Deletes the database. */
  remove(): Promise<void>;
}

export const postgresUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

export const sqliteFixture = async (): Promise<SqlFixture> => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-sql-'));
  return fixture('SQLite', { dir }, () => rm(dir, { recursive: true, force: true }));
};

export const postgresFixture = async (): Promise<SqlFixture> => {
  const schema = `mainstem_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  return fixture('PostgreSQL', { url: postgresUrl, schema }, () => postgresQuery(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`));
};

export const mariadbUrl = process.env['MARIADB_URL'] ?? 'mariadb://root@127.0.0.1:3306/';

/** The URL of a database on the server. */
export const mariadbDatabase = (database: string): string => Object.assign(new URL(mariadbUrl), { pathname: `/${database}` }).href;

export const mariadbFixture = async (): Promise<SqlFixture> => {
  const database = `mainstem_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await mariadbQuery(`CREATE DATABASE ${database}`);
  return fixture('MariaDB', { url: mariadbDatabase(database) }, () => mariadbQuery(`DROP DATABASE IF EXISTS ${database}`));
};

/** Runs statements on a connection of its own, in the session that every client gets. */
export const mariadbQuery = async (sql: string, parameters: readonly unknown[] = []): Promise<void> => {
  await mariadbRows(sql, parameters);
};

/** As `mariadbQuery`, with what it gives. */
export const mariadbRows = async (sql: string, parameters: readonly unknown[] = [], url = mariadbUrl): Promise<readonly unknown[]> => {
  const connection = await createConnection({ uri: url.replace(/^mariadb:/, 'mysql:'), multipleStatements: true });
  try {
    const [rows] = await connection.query(sql, [...parameters]);
    return Array.isArray(rows) ? rows : [];
  } finally {
    await connection.end();
  }
};

/** Runs a statement on a connection of its own. */
export const postgresQuery = async (sql: string, parameters: readonly unknown[] = []): Promise<void> => {
  await postgresRows(sql, parameters);
};

/** As `postgresQuery`, with what it gives. */
export const postgresRows = async (sql: string, parameters: readonly unknown[] = []): Promise<readonly unknown[]> => {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  try {
    return (await client.query<object>(sql, [...parameters])).rows;
  } finally {
    await client.end();
  }
};

/**
 * Whether to run on PostgreSQL: under CI always, so that a missing server fails the suite; otherwise only if it is
 * there.
 */
export const withPostgres = async (): Promise<boolean> => {
  if (process.env['CI']) return true;
  try {
    await postgresQuery('SELECT 1');
    return true;
  } catch {
    console.warn('PostgreSQL was not found (DATABASE_URL, else 127.0.0.1:5432): its tests are left out.');
    return false;
  }
};

/** As `withPostgres`. */
export const withMariadb = async (): Promise<boolean> => {
  if (process.env['CI']) return true;
  try {
    await mariadbQuery('SELECT 1');
    return true;
  } catch {
    console.warn('MariaDB was not found (MARIADB_URL, else 127.0.0.1:3306): its tests are left out.');
    return false;
  }
};

/** Makers of the fixtures that this machine can run. */
export const sqlFixtures = async (): Promise<readonly { readonly name: string; readonly make: () => Promise<SqlFixture> }[]> => [
  { name: 'SQLite', make: sqliteFixture },
  ...((await withPostgres()) ? [{ name: 'PostgreSQL', make: postgresFixture }] : []),
  ...((await withMariadb()) ? [{ name: 'MariaDB', make: mariadbFixture }] : []),
];

/** Runs statements of another program on a fixture's database, one by one; returns the last result. */
export const rowsByHand = async (fixture: SqlFixture, ...statements: readonly string[]): Promise<readonly object[]> => {
  let rows: readonly object[] = [];
  const { location } = fixture;
  if ('dir' in location) {
    const database = new DatabaseSync(join(location.dir, 'sql.db'));
    try {
      for (const sql of statements) rows = database.prepare(sql).all();
    } finally {
      database.close();
    }
  } else if (fixture.name === 'MariaDB') {
    for (const sql of statements)
      rows = (await mariadbRows(`SET SESSION sql_mode = 'ANSI_QUOTES'; ${sql}`, [], location.url)).at(-1) as readonly object[];
  } else {
    const client = new pg.Client({ connectionString: postgresUrl, options: `-c search_path=${'schema' in location ? location.schema : ''}` });
    await client.connect();
    try {
      for (const sql of statements) rows = (await client.query<object>(sql)).rows;
    } finally {
      await client.end();
    }
  }
  return rows;
};

const fixture = (name: string, location: SqlLocation, remove: () => Promise<void>): SqlFixture => {
  const opened: SqlReadStore[] = [];
  return {
    name,
    location,
    open: async (entities = [Parcel, CountryTotal]) => {
      const store = await SqlReadStore.open(location, { entities });
      opened.push(store);
      return store;
    },
    remove: async () => {
      for (const store of opened) await store.close();
      await remove();
    },
  };
};
