// The part of better-sqlite3 that TypeORM uses, without any loss.
import { describe, expect, it } from 'vitest';
import { NodeSqliteDatabase } from './node-sqlite-driver.js';

const memory = (): NodeSqliteDatabase => new NodeSqliteDatabase(':memory:');

describe('node:sqlite driver', () => {
  it('distinguishes statements with rows from those without', () => {
    const database = memory().exec('CREATE TABLE t (a)');
    expect(database.prepare('SELECT a FROM t').reader).toBe(true);
    expect(database.prepare('INSERT INTO t VALUES (1) RETURNING a').reader).toBe(true);
    expect(database.prepare('INSERT INTO t VALUES (1)').reader).toBe(false);
  });

  it('reports changed rows and gives rows as plain objects', () => {
    const database = memory().exec('CREATE TABLE t (a)');
    expect(database.prepare('INSERT INTO t VALUES (?), (?)').run(1, 'two')).toMatchObject({ changes: 2 });
    const rows = database.prepare('SELECT a FROM t').all();
    expect(rows).toEqual([{ a: 1 }, { a: 'two' }]);
    expect(Object.getPrototypeOf(rows[0])).toBe(Object.prototype);
    expect([...database.prepare('SELECT a FROM t').iterate()]).toEqual(rows);
  });

  it.each(['9223372036854775807', '-9223372036854775808', '9007199254740993', '0'])('gives the 64-bit number %s as its decimal string', (number) => {
    const database = memory().exec('CREATE TABLE t (big bigint, small integer); CREATE VIEW v AS SELECT big, small FROM t');
    database.prepare('INSERT INTO t VALUES (?, 7)').run(number);
    expect(database.prepare('SELECT big, small FROM v').all()).toEqual([{ big: number, small: 7 }]);
    expect(database.prepare('SELECT small FROM v WHERE big = ?').all(number)).toEqual([{ small: 7 }]);
  });

  it('gives blobs as Buffers', () => {
    const [row] = memory()
      .prepare('SELECT ? AS blob')
      .all(new Uint8Array([1, 2])) as [{ blob: unknown }];
    expect(row.blob).toBeInstanceOf(Buffer);
    expect(row.blob).toEqual(Buffer.from([1, 2]));
  });

  it('stores booleans as 0 and 1', () => {
    expect(memory().prepare('SELECT ? AS yes, ? AS no').all(true, false)).toEqual([{ yes: 1, no: 0 }]);
  });

  it.each([
    ['a Date', new Date(0)],
    ['undefined', undefined],
    ['an object', {}],
  ])('refuses %s instead of storing another value', (_, value) => {
    expect(() => memory().prepare('SELECT ?').all(value)).toThrow(TypeError);
  });

  it('gives unique violations the code that TypeORM users know', () => {
    const database = memory().exec('CREATE TABLE t (a TEXT PRIMARY KEY, b UNIQUE)');
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)');
    insert.run('a', 1);
    expect(() => insert.run('a', 2)).toThrow(expect.objectContaining({ code: 'SQLITE_CONSTRAINT_UNIQUE' }));
    expect(() => insert.run('b', 1)).toThrow(expect.objectContaining({ code: 'SQLITE_CONSTRAINT_UNIQUE' }));
  });

  it('answers pragmas and may be closed twice', () => {
    const database = memory();
    expect(database.pragma('foreign_keys = OFF')).toEqual([]);
    expect(database.pragma('foreign_keys', { simple: true })).toBe(0);
    database.close();
    database.close();
  });
});
