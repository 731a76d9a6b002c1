// Indexes that an older version, or an older entity, has left on the serving generation.
import pg from 'pg';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqlReadStore } from '@mainstem/sql';
import { incarnation, move, parcels, postgresQuery, postgresUrl, rowsByHand, sqlFixtures } from './sql-fixtures.js';
import type { SqlFixture } from './sql-fixtures.js';

@Entity('indexed')
@Index(['note', 'land'])
class Indexed {
  @PrimaryColumn('text') id!: string;
  @Column('text') note!: string;
  @Column('text') land!: string;
}

const schemaOf = ({ location }: SqlFixture): string => ('schema' in location && location.schema) || '';

for (const { name, make } of await sqlFixtures()) {
  describe(`an index under the name that an older version gave it, in ${name}`, () => {
    let fixture: SqlFixture;
    beforeEach(async () => void (fixture = await make()));
    afterEach(() => fixture.remove());

    const projection = { ...parcels, name: 'indexed', collections: [{ name: 'indexed', document: Indexed, hasState: false }] };
    const INDEXES: Readonly<Record<string, string>> = {
      SQLite: "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'indexed__g1' AND sql IS NOT NULL",
      PostgreSQL:
        "SELECT indexname AS name FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'indexed__g1' AND indexname NOT LIKE 'PK%'",
      MariaDB: "SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE table_schema = database() AND table_name = 'indexed__g1'",
    };
    const indexes = INDEXES[name] ?? '';
    const run = async (sql: string): Promise<readonly { name: string }[]> => (await rowsByHand(fixture, sql)) as readonly { name: string }[];
    const dropIndex = (index: string): string => `DROP INDEX "${index}"${name === 'MariaDB' ? ' ON indexed__g1' : ''}`;
    const names = async (): Promise<readonly string[]> =>
      (await run(indexes)).map((index) => index.name).filter((index) => /_i[0-9a-f]+$/.test(index));
    /** As an older version has left it, with these columns. */
    const aged = async (columns: string): Promise<SqlReadStore> => {
      const store = await fixture.open([Indexed]);
      await store.createGeneration(projection, incarnation);
      for (const index of await names()) await run(dropIndex(index));
      await run(`CREATE INDEX indexed__g1_i1 ON indexed__g1 (${columns})`);
      return store;
    };

    it('takes it as it is, and builds nothing', async () => {
      const store = await aged('note, land');
      let isLong = false;
      await store.open(projection, 1, 0, { onLongStep: () => (isLong = true) });
      expect(isLong).toBe(false);
      expect(await names()).toEqual(['indexed__g1_i1']);
    });

    it.each(['land, note', 'note'])('makes it anew where that has (%s), and says before that it takes long', async (columns) => {
      const store = await aged(columns);
      let isLong = false;
      await store.open(projection, 1, 0, { onLongStep: () => (isLong = true) });
      expect(isLong).toBe(true);
      const after = await names();
      expect(after).toHaveLength(1);
      expect(after).not.toContain('indexed__g1_i1');
    });

    it.runIf(name === 'PostgreSQL')(
      'leaves a superseded one for the next start while the table is read, and keeps readers waiting for a moment alone',
      async () => {
        const store = await aged('land');
        const backup = new pg.Client({ connectionString: postgresUrl, options: `-c search_path=${schemaOf(fixture)}` });
        await backup.connect();
        try {
          await backup.query('BEGIN; LOCK TABLE indexed__g1 IN ACCESS SHARE MODE');
          const begunAt = performance.now();
          const session = await store.open(projection, 1);
          expect(performance.now() - begunAt).toBeLessThan(5_000);
          await session.commit({ changes: [], checkpoint: move(undefined, 1) });
          expect(await names()).toHaveLength(2);
        } finally {
          await backup.end();
        }
        await store.open(projection, 1);
        expect(await names()).toHaveLength(1);
      },
    );

    it.runIf(name === 'PostgreSQL')('opens for a role that may write the table but does not own it', async () => {
      const former = await aged('land');
      await former.open(projection, 1);
      await former.close();
      await run('CREATE INDEX indexed__g1_i1 ON indexed__g1 (land)');
      const role = `mainstem_writer_${process.pid}`;
      const schema = schemaOf(fixture);
      await postgresQuery(`CREATE ROLE ${role} LOGIN PASSWORD 'writer'`);
      try {
        await postgresQuery(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
        const url = new URL(postgresUrl);
        url.username = role;
        url.password = 'writer';
        const store = await SqlReadStore.open({ url: url.href, schema }, { entities: [Indexed] });
        try {
          const session = await store.open(projection, 1);
          await session.commit({ changes: [], checkpoint: move(undefined, 1) });
          await run(`DROP INDEX "${(await names()).find((index) => index !== 'indexed__g1_i1')}"`);
          await expect(store.open(projection, 1)).rejects.toMatchObject({
            code: 'READ_STORE_PERMISSION_DENIED',
            message: expect.stringContaining('owner of its table'),
          });
        } finally {
          await store.close();
        }
      } finally {
        await postgresQuery(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
      }
    });
  });
}
