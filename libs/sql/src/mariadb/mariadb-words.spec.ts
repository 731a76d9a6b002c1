// The engine's statements in the words of MariaDB.
import { describe, expect, it } from 'vitest';
import { mariadbDefinition, mariadbWords } from './mariadb-words.js';

describe('the words of MariaDB', () => {
  it.each([
    [
      'SELECT CAST(position AS text) FROM t WHERE a IS NOT DISTINCT FROM CAST(? AS bigint)',
      'SELECT CAST(position AS char) FROM t WHERE a <=> CAST(? AS signed)',
    ],
    [
      'INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a, key) DO UPDATE SET b = excluded.b',
      'INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE b = VALUES(b)',
    ],
    ['INSERT INTO t (a) VALUES (?) ON CONFLICT DO NOTHING', 'INSERT IGNORE INTO t (a) VALUES (?)'],
    [
      "SELECT string_agg(a || '|' || coalesce(b, ''), ';'), string_agg(c, ';') FROM t",
      "SELECT group_concat(a || '|' || coalesce(b, '') SEPARATOR ';'), group_concat(c SEPARATOR ';') FROM t",
    ],
    ['DELETE FROM t WHERE (position, key) IN (VALUES (?, ?), (?, ?))', 'DELETE FROM t WHERE (position, "key") IN ((?, ?), (?, ?))'],
    ['SELECT max(whole_key), t."key", t.key AS key FROM t', 'SELECT max(whole_key), t."key", t."key" AS "key" FROM t'],
  ])('say %s', (sql, ours) => {
    expect(mariadbWords(sql)).toBe(ours);
  });

  it('make tables that keys of any kind fit in, and do nothing the second time', () => {
    expect(mariadbDefinition('CREATE TABLE "t" (projection text NOT NULL, key text, error text NOT NULL, PRIMARY KEY (projection, key))')).toBe(
      'CREATE TABLE IF NOT EXISTS "t" (projection varbinary(1000) NOT NULL, "key" varbinary(1000), error longtext NOT NULL, ' +
        'PRIMARY KEY (projection, "key")) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin',
    );
    expect(mariadbDefinition('ALTER TABLE "t" ADD COLUMN name text')).toContain('name varbinary(1000)');
    expect(mariadbDefinition('ALTER TABLE "t" ADD COLUMN view_name text')).toContain('view_name longtext');
    expect(mariadbDefinition('CREATE INDEX i ON "t" (key)')).toBe('CREATE INDEX IF NOT EXISTS i ON "t" ("key")');
    expect(mariadbDefinition('ALTER TABLE "t" ADD COLUMN a text')).toBe('ALTER TABLE "t" ADD COLUMN IF NOT EXISTS a longtext');
    expect(mariadbDefinition('ALTER TABLE "t" DROP COLUMN a')).toBe('ALTER TABLE "t" DROP COLUMN IF EXISTS a');
  });
});
