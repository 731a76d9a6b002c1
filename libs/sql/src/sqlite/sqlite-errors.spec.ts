// Errors of SQLite become the port's; the application's own mistakes stay as they are.
import { isBusy } from '@mainstem/embedded/sqlite';
import { CheckpointMoved } from '@mainstem/projection/adapter';
import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { NodeSqliteDatabase } from './node-sqlite-driver.js';
import { translateSqliteError } from './sqlite-errors.js';

// As node:sqlite throws it; the low byte of the extended code is the primary one.
const sqliteError = (errcode: number): Error => Object.assign(new Error('SQLite says no'), { code: 'ERR_SQLITE_ERROR', errcode });

describe('sqlite errors', () => {
  it.each([
    [5, 'READ_STORE_UNAVAILABLE'],
    [517, 'READ_STORE_UNAVAILABLE'],
    [8, 'READ_STORE_READ_ONLY'],
    [1032, 'READ_STORE_READ_ONLY'],
    [13, 'READ_STORE_UNAVAILABLE'],
    [778, 'READ_STORE_UNAVAILABLE'],
    [14, 'READ_STORE_UNAVAILABLE'],
    [11, 'READ_STORE_INVALID_FILE'],
    [26, 'READ_STORE_INVALID_FILE'],
  ])('translates result code %i to %s, from a statement of ours or of the application', (errcode, code) => {
    expect(translateSqliteError(sqliteError(errcode), { store: 'sql', file: 'sql.db' })).toMatchObject({ code });
    expect(translateSqliteError(new QueryFailedError('SELECT 1', [], sqliteError(errcode)), { store: 'sql', file: 'sql.db' }, 'query')).toMatchObject(
      { code },
    );
  });

  it('distinguishes a busy file, which is worth another try, from a broken one', () => {
    expect(isBusy(sqliteError(5))).toBe(true);
    expect(isBusy(sqliteError(11))).toBe(false);
  });

  it.each([6, 518, 8, 1, 19, 20, 25])('treats result code %i as the fault of a handler whose transaction has written before', (errcode) => {
    const error = sqliteError(errcode);
    expect(translateSqliteError(error, { store: 'sql', file: 'sql.db' }, 'handler')).toBe(error);
  });

  it.each([
    [1032, 'READ_STORE_READ_ONLY'], // the file was moved
    [5, 'READ_STORE_UNAVAILABLE'],
    [13, 'READ_STORE_UNAVAILABLE'],
    [14, 'READ_STORE_UNAVAILABLE'],
    [778, 'READ_STORE_UNAVAILABLE'],
    [11, 'READ_STORE_INVALID_FILE'],
  ])('treats result code %i as trouble of the file, also in a handler', (errcode, code) => {
    expect(translateSqliteError(sqliteError(errcode), { store: 'sql', file: 'sql.db' }, 'handler')).toMatchObject({ code });
  });

  it('keeps mistakes of the application and our own errors unchanged', () => {
    const database = new NodeSqliteDatabase(':memory:');
    const mistake = (() => {
      try {
        return database.prepare('SELEKT 1');
      } catch (error) {
        return error;
      }
    })();
    expect(translateSqliteError(mistake, { store: 'sql', file: 'sql.db' }, 'query')).toBe(mistake);
    expect(translateSqliteError(mistake, { store: 'sql', file: 'sql.db' })).toMatchObject({ code: 'READ_STORE_STATEMENT_REFUSED' });
    const moved = new CheckpointMoved('p', 1);
    expect(translateSqliteError(moved, { store: 'sql', file: 'sql.db' })).toBe(moved);
  });
});
