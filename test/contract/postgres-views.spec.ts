// Objects of others on a read model in PostgreSQL: rights and views survive a changed entity, or the promotion says why
// not.
import 'reflect-metadata';
import { SqlReadStore } from '@mainstem/sql';
import type { DocumentClass } from '@mainstem/projection';
import type { ProjectionDescriptor } from '@mainstem/projection/adapter';
import pg from 'pg';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { incarnation, postgresFixture, postgresUrl, type SqlFixture } from './sql-fixtures.js';

const ROLE = `mainstem_reader_${process.pid}`;
const OWNER = `mainstem_owner_${process.pid}`;

@Entity('items')
class Items {
  @PrimaryColumn('text') id!: string;
  @Column('integer') amount!: number;
  @Column('text') note!: string;
}
@Entity('items')
class OneMore extends Items {
  @Column('text') colour!: string;
}
@Entity('items')
class Reordered {
  @Column('text') note!: string;
  @PrimaryColumn('text') id!: string;
  @Column('text') colour!: string;
  @Column('integer') amount!: number;
}
@Entity('items')
class OneLess {
  @PrimaryColumn('text') id!: string;
  @Column('text') note!: string;
}
@Entity('items')
class OtherType {
  @PrimaryColumn('text') id!: string;
  @Column('bigint') amount!: string;
  @Column('text') note!: string;
}

const projectionOf = (document: DocumentClass, version: number): ProjectionDescriptor => ({
  name: 'items',
  version,
  fingerprint: String(version).padStart(16, '0'),
  collections: [{ name: 'items', document, hasState: false }],
});

const query = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
};

describe('a view of PostgreSQL whose entity changes', () => {
  let fixture: SqlFixture;
  let schema: string;
  let version: number;
  beforeEach(async () => {
    version = 0;
    fixture = await postgresFixture();
    schema = (fixture.location as { schema: string }).schema;
    for (const role of [ROLE, OWNER]) await query(`DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
  });
  afterEach(async () => {
    await query(`DROP VIEW IF EXISTS ${schema}.report`);
    await fixture.remove();
    await query(`DROP OWNED BY ${ROLE}, ${OWNER}`);
  });
  afterAll(() => query(`DROP ROLE IF EXISTS ${ROLE}, ${OWNER}`));

  /** Makes the next generation of this shape and promotes it. */
  const promote = async (document: DocumentClass): Promise<void> => {
    const store = await fixture.open([document]);
    const { number } = await store.createGeneration(projectionOf(document, ++version), incarnation, { isBulk: version > 1 });
    if (version > 1) {
      await (await store.open(projectionOf(document, version), number)).finishBulk();
      await store.promote('items', number, { isForced: true });
    }
    await store.close();
  };

  const rights = async (): Promise<string> => {
    const of = (right: string): string => `has_table_privilege('${ROLE}', '${schema}.items', '${right}')`;
    const [row] = await query(`SELECT ${of('SELECT')} AS may, ${of('SELECT WITH GRANT OPTION')} AS grant, ${of('TRIGGER')} AS trigger`);
    return JSON.stringify(row);
  };

  it.each([
    ['one column more', OneMore],
    ['one column less', OneLess],
    ['another type', OtherType],
  ])('keeps the rights that were granted on it, with %s', async (_, changed) => {
    await promote(Items);
    await query(`GRANT SELECT ON ${schema}.items TO ${ROLE} WITH GRANT OPTION; GRANT SELECT ON ${schema}.items TO PUBLIC`);
    const before = await rights();
    await promote(Items);
    await promote(changed);
    expect(await rights()).toBe(before);
    await promote(Items);
    expect(await rights()).toBe(before);
  });

  /** Who may do what with the view, with the grants to its owner. */
  const access = async (): Promise<readonly unknown[]> =>
    query(`SELECT grantee::regrole::text AS role, privilege_type, is_grantable
      FROM pg_class CROSS JOIN LATERAL aclexplode(coalesce(relacl, acldefault('r', relowner)))
      WHERE relname = 'items' AND relnamespace = '${schema}'::regnamespace ORDER BY 1, 2`);

  it.each([
    ['one column less', OneLess],
    ['another type', OtherType],
  ])('restores no removed right, whatever new tables get by default, with %s', async (_, changed) => {
    const byDefault = `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema}`;
    await query(
      `CREATE SCHEMA ${schema}; ${byDefault} GRANT SELECT, UPDATE ON TABLES TO ${ROLE} WITH GRANT OPTION; ${byDefault} GRANT SELECT ON TABLES TO PUBLIC`,
    );
    await promote(Items);
    expect(await access()).toContainEqual({ role: ROLE, privilege_type: 'UPDATE', is_grantable: true });
    await query(
      `REVOKE ALL ON ${schema}.items FROM ${ROLE}, PUBLIC, CURRENT_USER; GRANT SELECT ON ${schema}.items TO ${OWNER}; GRANT DELETE ON ${schema}.items TO CURRENT_USER`,
    );
    const before = await access();
    await promote(changed);
    expect(await access()).toEqual(before);
    await query(
      `GRANT CREATE ON SCHEMA ${schema} TO ${OWNER}; ALTER VIEW ${schema}.items OWNER TO ${OWNER}; REVOKE UPDATE, DELETE ON ${schema}.items FROM ${OWNER}`,
    );
    const owned = await access();
    await promote(Items);
    await promote(OtherType);
    expect(await access()).toEqual(owned);
  });

  /** What is known of the view beside its columns' types. */
  const properties = async (): Promise<string> => {
    const rows = await query(`SELECT reloptions::text, relowner::regrole::text AS owner, obj_description(oid, 'pg_class') AS comment,
        (SELECT json_agg(json_build_object('column', attname, 'acl', attacl::text, 'comment', col_description(pg_class.oid, attnum)) ORDER BY attname)
          FROM pg_attribute WHERE attrelid = pg_class.oid AND attname IN ('id', 'note')) AS columns
      FROM pg_class WHERE relname = 'items' AND relnamespace = '${schema}'::regnamespace`);
    return JSON.stringify(rows);
  };

  it.each([
    ['the same shape', Items],
    ['one column more', OneMore],
    ['another order', Reordered],
    ['one column less', OneLess],
    ['another type', OtherType],
  ])('keeps its owner, options, comments and the rights on columns, with %s', async (_, changed) => {
    await promote(Items);
    await query(`ALTER VIEW ${schema}.items SET (security_barrier = true, check_option = 'local');
      COMMENT ON VIEW ${schema}.items IS 'it''s \\ shown'; COMMENT ON COLUMN ${schema}.items.note IS 'said'; COMMENT ON COLUMN ${schema}.items.amount IS 'may go';
      GRANT SELECT (id) ON ${schema}.items TO ${ROLE} WITH GRANT OPTION; GRANT UPDATE (note), SELECT (amount) ON ${schema}.items TO ${ROLE};
      GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${ROLE}, ${OWNER}; ALTER VIEW ${schema}.items OWNER TO ${OWNER}`);
    const before = await properties();
    await promote(changed);
    expect(await properties()).toBe(before);
    expect(await query(`SELECT count(*)::int AS rows FROM ${schema}.items`)).toEqual([{ rows: 0 }]);
    await query(`SET ROLE ${ROLE}; SELECT id FROM ${schema}.items`); // which the owner of the view reads for it
  });

  it.each<[string, (schema: string) => string, string]>([
    ['a materialised view', (of) => `CREATE MATERIALIZED VIEW ${of}.report2 AS SELECT amount FROM ${of}.items`, 'report2'],
    [
      'a trigger',
      (of) =>
        `CREATE FUNCTION ${of}.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER kept INSTEAD OF DELETE ON ${of}.items FOR EACH ROW EXECUTE FUNCTION ${of}.nothing()`,
      'trigger kept',
    ],
    ['a rule', (of) => `CREATE RULE quiet AS ON DELETE TO ${of}.items DO INSTEAD NOTHING`, 'rule quiet'],
    ['a default', (of) => `ALTER VIEW ${of}.items ALTER COLUMN note SET DEFAULT 'none'`, 'default value'],
    ['a function', (of) => `CREATE FUNCTION ${of}.all_items() RETURNS SETOF ${of}.items LANGUAGE sql AS 'SELECT * FROM ${of}.items'`, 'all_items'],
  ])('keeps %s on it where it can be replaced, else refuses the promotion at once and names it', async (_, create, dependent) => {
    await promote(Items);
    await query(create(schema));
    await promote(Items);
    await promote(Reordered);
    await expect(promote(OneLess)).rejects.toMatchObject({ code: 'READ_STORE_VIEW_IN_USE', message: expect.stringContaining(dependent) as string });
    expect(await query(`SELECT count(*)::int AS rows FROM ${schema}.items`)).toEqual([{ rows: 0 }]);
  });

  it('lets views that depend on it be, with one column more', async () => {
    await promote(Items);
    await query(`CREATE VIEW ${schema}.report AS SELECT id, amount FROM ${schema}.items`);
    await promote(OneMore);
    expect(await query(`SELECT count(*)::int AS rows FROM ${schema}.report`)).toEqual([{ rows: 0 }]);
  });

  it.each([
    ['one column less', OneLess],
    ['another type', OtherType],
  ])('refuses to break views that depend on it, names them, and goes on serving, with %s', async (_, changed) => {
    await promote(Items);
    await query(`CREATE VIEW ${schema}.report AS SELECT id, amount FROM ${schema}.items`);
    await expect(promote(changed)).rejects.toMatchObject({
      code: 'READ_STORE_VIEW_IN_USE',
      view: 'items',
      message: expect.stringContaining('report') as string,
    });
    expect(await query(`SELECT count(*)::int AS rows FROM ${schema}.report`)).toEqual([{ rows: 0 }]);
    await query(`DROP VIEW ${schema}.report`);
    const store = await fixture.open([changed]);
    await store.promote('items', 2, { isForced: true });
    await store.close();
  });
});

describe('a database of PostgreSQL that is not in UTF-8', () => {
  const name = `mainstem_latin_${process.pid}`;
  afterEach(() => query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));

  it.each(['LATIN1', 'SQL_ASCII'])('is refused when it is opened: %s', async (encoding) => {
    await query(`CREATE DATABASE ${name} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
    const url = Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href;
    await expect(SqlReadStore.open({ url }, { entities: [Items] })).rejects.toMatchObject({
      code: 'READ_STORE_UNSUPPORTED_DATABASE',
      message: expect.stringContaining(encoding) as string,
    });
  });
});
