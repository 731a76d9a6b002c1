// What a statement of the application must not do to a foreign transaction. It is refused before it is sent.
import { StatementRefused } from '@mainstem/projection/adapter';
import type { QueryRunner } from 'typeorm';
import { statementText, type SqlDialect } from './statement-text.js';

/** The store that a statement is for. */
export interface ForeignTarget {
  readonly store: string;
  readonly dialect: SqlDialect;
}

/**
 * For handlers. Errors: READ_STORE_STATEMENT_REFUSED for a wrong number of values, for transaction control, for lasting
 * effects outside the transaction, and for no statement at all.
 */
export const assertForeign = (sql: string, parameters: readonly unknown[], { store, dialect }: ForeignTarget): void => {
  const { statements, placeholders, otherPlaceholder } = statementText(sql, dialect);
  const [words] = statements;
  if (!words) throw new StatementRefused(store, 'the text holds no statement');
  if (isTransactionControl(words)) throw controlRefused(store, words);
  // Without values, PostgreSQL uses $1 in other ways, as in a function's body; SQLite would read it as NULL.
  if (otherPlaceholder !== undefined && (dialect !== 'postgres' || parameters.length > 0))
    throw new StatementRefused(store, `${otherPlaceholder}: the only placeholder is ?, one for each value`);
  if (placeholders !== parameters.length)
    throw new StatementRefused(store, `it has ${placeholders} placeholders (?) and is given ${parameters.length} values`);
  if (words[0] === 'COPY' && /\bSTD(?:IN|OUT)\b/i.test(sql)) throw new StatementRefused(store, 'COPY: a query has no stream for its rows');
  if (dialect === 'mariadb') assertInside(sql, words, { store, dialect });
  if (OUTLIVES[dialect](words, sql)) throw new StatementRefused(store, `${words.slice(0, 2).join(' ')}: it would outlive the transaction`);
};

/**
 * MariaDB commits before a statement that makes, changes or drops a table or a right. A comment with `!` may be one.
 */
const assertInside = (sql: string, words: readonly string[], { store, dialect }: ForeignTarget): void => {
  if (!INSIDE.has(words[0]))
    throw new StatementRefused(
      store,
      `${words.slice(0, 2).join(' ')}: MariaDB would commit before it, or keep it after a rollback. Only read and write rows`,
    );
  if (statementText(sql, dialect).statements.length > 1) throw severalRefused(store);
  if (/\/\*M?!/.test(sql)) throw new StatementRefused(store, 'a comment with ! is a statement to this server');
};

/** They read and write rows, and nothing else; without a word a query begins in brackets. */
const INSIDE: ReadonlySet<string | undefined> = new Set([
  'DELETE',
  'DO',
  'EXPLAIN',
  'INSERT',
  'REPLACE',
  'SELECT',
  'SHOW',
  'UPDATE',
  'VALUES',
  'WITH',
]);

/**
 * One call is one statement on every database: SQLite would skip the others, and PostgreSQL takes no values for
 * several.
 */
export const severalRefused = (store: string): StatementRefused =>
  new StatementRefused(store, 'the text holds several statements; send each by a query of its own');

/** For a transaction that has ended early, for example by INSERT OR ROLLBACK. */
export const transactionLost = (store: string): StatementRefused =>
  new StatementRefused(store, 'a statement has ended the transaction, which only the projector may end; nothing of its batch is kept');

/**
 * Refuses queries that would end their own snapshot, also those of TypeORM's transactions:
 * READ_STORE_STATEMENT_REFUSED.
 */
export const guardSnapshot = (runner: QueryRunner, { store, dialect }: ForeignTarget): void => {
  const query = runner.query.bind(runner) as (...all: Parameters<QueryRunner['query']>) => Promise<unknown>;
  const guarded = async (...all: Parameters<QueryRunner['query']>): Promise<unknown> => {
    const { statements } = statementText(all[0], dialect);
    const control = statements.find(isTransactionControl);
    if (control) throw controlRefused(store, control);
    if (dialect === 'mariadb' && statements[0]) assertInside(all[0], statements[0], { store, dialect });
    return query(...all);
  };
  runner.query = guarded as QueryRunner['query'];
};

const controlRefused = (store: string, words: readonly string[]): StatementRefused =>
  new StatementRefused(
    store,
    `${words.slice(0, 2).join(' ')}: the transaction is not the statement's own. To undo what a handler has written, throw an error`,
  );

/** SQLite does not undo settings or attached files, and a power cut may keep a commit in only one of several files. */
const outlivesOnSqlite = (words: readonly string[], sql: string): boolean => {
  if (words[0] === 'ATTACH' || words[0] === 'DETACH') return true;
  return words[0] === 'PRAGMA' && /[=(]/.test(sql) && !HARMLESS_PRAGMA.test(words.at(-1) ?? '');
};

/** The next user of the connection would find it changed. What a function sets is undone after the commit. */
const outlivesOnPostgres = ([first, ...more]: readonly string[]): boolean => {
  if (first === 'SET') return more[0] !== 'LOCAL' && more[0] !== 'CONSTRAINTS';
  return OF_SESSION.has(first) || (first === 'DECLARE' && more.some((word, index) => word === 'HOLD' && more[index - 1] === 'WITH'));
};

const OF_SESSION: ReadonlySet<string | undefined> = new Set(['RESET', 'DISCARD', 'LISTEN', 'UNLISTEN', 'PREPARE', 'DEALLOCATE']);

const OUTLIVES: Readonly<Record<SqlDialect, (words: readonly string[], sql: string) => boolean>> = {
  // `assertInside` has refused it.
  mariadb: () => false,
  sqlite: outlivesOnSqlite,
  postgres: outlivesOnPostgres,
};

/** With a value: they read, or hold for one transaction. */
const HARMLESS_PRAGMA = /^(?:DEFER_FOREIGN_KEYS|\w+_(?:INFO|XINFO|LIST|CHECK))$/;

const CONTROL: ReadonlySet<string | undefined> = new Set(['ABORT', 'BEGIN', 'COMMIT', 'END', 'RELEASE', 'ROLLBACK', 'SAVEPOINT']);

const isTransactionControl = ([first, ...more]: readonly string[]): boolean => {
  switch (first) {
    case 'START':
    case 'PREPARE':
      return more[0] === 'TRANSACTION';
    case 'SET':
      // SET TRANSACTION …, SET LOCAL transaction_read_only, SET SESSION CHARACTERISTICS AS TRANSACTION …
      return more.slice(0, 2).some((word) => /^(?:DEFAULT_)?TRANSACTION(?:_|$)|^CHARACTERISTICS$/.test(word));
    default:
      return CONTROL.has(first);
  }
};
