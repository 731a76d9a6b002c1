// Question marks become numbers only if they stand for a value, and words count only at the beginning of a statement.
import { describe, expect, it } from 'vitest';
import { numberedPlaceholders, statementText } from './statement-text.js';

describe('placeholders', () => {
  it.each([
    ['SELECT ? + ?', 'SELECT $1 + $2'],
    ["SELECT '?', 'it''s ?', ?", "SELECT '?', 'it''s ?', $1"],
    ['SELECT "a?", "b""?" FROM t WHERE c = ?', 'SELECT "a?", "b""?" FROM t WHERE c = $1'],
    ["SELECT E'\\'?', ?", "SELECT E'\\'?', $1"],
    ['SELECT $$ ? $$, $tag$ ? $$ ? $tag$, ?', 'SELECT $$ ? $$, $tag$ ? $$ ? $tag$, $1'],
    ['SELECT ? -- why?\n, ?', 'SELECT $1 -- why?\n, $2'],
    ['SELECT ? /* ? \n ? */, ?', 'SELECT $1 /* ? \n ? */, $2'],
    ["SELECT name FROM t WHERE base='?' AND a$b = ?", "SELECT name FROM t WHERE base='?' AND a$b = $1"],
    ['SELECT /* /* ? */ ? */ ?', 'SELECT /* /* ? */ ? */ $1'],
    ['SELECT a[?]', 'SELECT a[$1]'],
    ['SELECT 1', 'SELECT 1'],
  ])('rewrites %s', (sql, expected) => {
    expect(numberedPlaceholders(sql)).toBe(expected);
    expect(numberedPlaceholders(sql)).toBe(expected);
  });
});

describe('placeholders of another kind', () => {
  it.each([
    ['SELECT :name, @name', ':name', undefined],
    ['SELECT @name', '@name', undefined],
    ['SELECT ?, ?2', '?2', undefined],
    ['SELECT $2', '$2', '$2'],
    ['SELECT \':a ?1\', ":a", ? -- :a', undefined, undefined],
  ])('in %s', (sql, sqlite, postgres) => {
    expect(statementText(sql, 'sqlite').otherPlaceholder).toBe(sqlite);
    expect(statementText(sql, 'postgres').otherPlaceholder).toBe(postgres);
  });

  it('are no quotes and casts of PostgreSQL', () => {
    expect(statementText("SELECT $$ $1 $$, $a$ ? $a$, a::text, b[1:2], '$1'", 'postgres')).toMatchObject({
      otherPlaceholder: undefined,
      placeholders: 0,
    });
  });
});

describe('the beginning of statements', () => {
  it.each([
    ['COMMIT', [['COMMIT']]],
    ['\uFEFF ;; -- ; BEGIN\n /* ; END */ commit and chain;', [['COMMIT', 'AND', 'CHAIN']]],
    ['SELECT 1;ROLLBACK', [['SELECT'], ['ROLLBACK']]],
    ['SELECT \';\' AS "a;b"; SET TRANSACTION READ ONLY', [['SELECT'], ['SET', 'TRANSACTION', 'READ', 'ONLY']]],
    ['PRAGMA main.user_version = 1', [['PRAGMA', 'MAIN', 'USER_VERSION']]],
    ['(SELECT 1)', [[]]],
    ['-- nothing', []],
    ['', []],
  ])('of %j', (sql, statements) => {
    for (const dialect of ['mariadb', 'postgres', 'sqlite'] as const) expect(statementText(sql, dialect).statements).toEqual(statements);
  });

  it('knows what each database treats as a comment, a string or a name', () => {
    expect(statementText('/* /* */ COMMIT */ SELECT 1', 'postgres').statements).toEqual([['SELECT']]);
    expect(statementText('/* /* */ COMMIT', 'sqlite').statements).toEqual([['COMMIT']]);
    expect(statementText('SELECT $$;COMMIT$$', 'postgres').statements).toEqual([['SELECT']]);
    expect(statementText("SELECT E'\\';COMMIT'", 'postgres').statements).toEqual([['SELECT']]);
    expect(statementText("SELECT '\\';COMMIT", 'sqlite').statements).toEqual([['SELECT'], ['COMMIT']]);
    expect(statementText("SELECT '\\';COMMIT', ? # ;COMMIT ?", 'mariadb')).toMatchObject({ statements: [['SELECT']], placeholders: 1 });
    expect(statementText('SELECT 1--1;COMMIT', 'mariadb').statements).toEqual([['SELECT'], ['COMMIT']]);
    expect(statementText('SELECT `;?`, "?;", ? -- ;COMMIT', 'mariadb')).toMatchObject({ statements: [['SELECT']], placeholders: 1 });
    expect(statementText('SELECT $1, :name', 'mariadb').otherPlaceholder).toBe('$1');
    expect(statementText('SELECT [;?] + `;?`, ?', 'sqlite')).toMatchObject({ statements: [['SELECT']], placeholders: 1 });
  });
});
