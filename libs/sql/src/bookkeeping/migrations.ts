// The read store's own tables. Read models have no migrations: their tables are made from entities.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { quoted } from '../layout/identifiers.js';

/** First layout, with the same columns on all databases: generations, checkpoints, tables and views, parked events. */
export class ReadStoreBookkeeping1764000000000 implements MigrationInterface {
  readonly name = 'ReadStoreBookkeeping1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const table = tableNamer(runner);
    // The number of generations ever made: numbers are not used again after a drop.
    await runner.query(`CREATE TABLE ${table('mainstem_projections')} (projection text NOT NULL PRIMARY KEY, generations_made integer NOT NULL)`);
    await runner.query(`CREATE TABLE ${table('mainstem_generations')} (
      projection text NOT NULL,
      generation integer NOT NULL,
      state text NOT NULL,
      version integer NOT NULL,
      fingerprint text NOT NULL,
      incarnation text NOT NULL,
      position bigint,
      epoch bigint NOT NULL,
      digest text NOT NULL,
      is_bulk integer NOT NULL,
      created_at text NOT NULL,
      updated_at text NOT NULL,
      PRIMARY KEY (projection, generation))`);
    await runner.query(`CREATE TABLE ${table('mainstem_collections')} (
      projection text NOT NULL,
      generation integer NOT NULL,
      collection text NOT NULL,
      view_name text NOT NULL,
      table_name text NOT NULL,
      signature text NOT NULL,
      PRIMARY KEY (projection, generation, collection))`);
    await runner.query(`CREATE TABLE ${table('mainstem_parked')} (
      projection text NOT NULL,
      generation integer NOT NULL,
      position bigint NOT NULL,
      key text NOT NULL,
      event_id text NOT NULL,
      type text NOT NULL,
      stream text NOT NULL,
      revision bigint NOT NULL,
      error text NOT NULL,
      parked_at text NOT NULL,
      PRIMARY KEY (projection, generation, position, key))`);
    await runner.query(`CREATE INDEX mainstem_parked_by_key ON ${table('mainstem_parked')} (projection, generation, key, position)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const table = tableNamer(runner);
    for (const name of ['mainstem_parked', 'mainstem_collections', 'mainstem_generations', 'mainstem_projections']) {
      await runner.query(`DROP TABLE ${table(name)}`);
    }
  }
}

/** The owners of projections, by the database's clock. */
export class ReadStoreLeases1764100000000 implements MigrationInterface {
  readonly name = 'ReadStoreLeases1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE ${tableNamer(runner)('mainstem_leases')} (
      projection text NOT NULL,
      fingerprint text NOT NULL,
      partition_number integer NOT NULL,
      owner text NOT NULL,
      duration_ms bigint NOT NULL,
      ends_at_ms bigint NOT NULL,
      PRIMARY KEY (projection, fingerprint, partition_number))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${tableNamer(runner)('mainstem_leases')}`);
  }
}

/** Checkpoints of further parts; the first part is in `mainstem_generations`. */
export class ReadStorePartitions1764200000000 implements MigrationInterface {
  readonly name = 'ReadStorePartitions1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE ${tableNamer(runner)('mainstem_partitions')} (
      projection text NOT NULL,
      generation integer NOT NULL,
      partition_number integer NOT NULL,
      position bigint,
      epoch bigint NOT NULL,
      digest text NOT NULL,
      updated_at text NOT NULL,
      PRIMARY KEY (projection, generation, partition_number))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${tableNamer(runner)('mainstem_partitions')}`);
  }
}

/** Keys of parked events that are too long for an index: `key` then holds their hash. */
export class ReadStoreLongKeys1764300000000 implements MigrationInterface {
  readonly name = 'ReadStoreLongKeys1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE ${tableNamer(runner)('mainstem_parked')} ADD COLUMN whole_key text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE ${tableNamer(runner)('mainstem_parked')} DROP COLUMN whole_key`);
  }
}

/** The event at a checkpoint: `position id`, NULL if unknown. */
export class ReadStoreLastEvents1764500000000 implements MigrationInterface {
  readonly name = 'ReadStoreLastEvents1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    const table = tableNamer(runner);
    for (const name of CHECKPOINT_TABLES) await runner.query(`ALTER TABLE ${table(name)} ADD COLUMN last_event text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const table = tableNamer(runner);
    for (const name of CHECKPOINT_TABLES) await runner.query(`ALTER TABLE ${table(name)} DROP COLUMN last_event`);
  }
}

/** What operators have told about projections. */
export class ReadStoreNotes1764600000000 implements MigrationInterface {
  readonly name = 'ReadStoreNotes1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE ${tableNamer(runner)('mainstem_notes')} (
      projection text NOT NULL,
      name text NOT NULL,
      note text NOT NULL,
      PRIMARY KEY (projection, name))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${tableNamer(runner)('mainstem_notes')}`);
  }
}

const CHECKPOINT_TABLES = ['mainstem_generations', 'mainstem_partitions'];

/** All migrations, oldest first. */
export const migrations = [
  ReadStoreBookkeeping1764000000000,
  ReadStoreLeases1764100000000,
  ReadStorePartitions1764200000000,
  ReadStoreLongKeys1764300000000,
  ReadStoreLastEvents1764500000000,
  ReadStoreNotes1764600000000,
] as const;

/** The table in which TypeORM records the migrations that have run. */
export const MIGRATIONS_TABLE = 'mainstem_migrations';

const tableNamer = (runner: QueryRunner): ((name: string) => string) => {
  const { options } = runner.dataSource;
  const schema = 'schema' in options && typeof options.schema === 'string' ? `${quoted(options.schema)}.` : '';
  return (name) => schema + quoted(name);
};
