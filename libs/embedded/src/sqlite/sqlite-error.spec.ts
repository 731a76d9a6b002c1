// Promises of the translation of errors.
import { describe, expect, it } from 'vitest';
import { isBusy, translateSqliteError } from './sqlite-error.js';

const file = { owner: { codePrefix: 'READ_STORE', name: 'cache' }, path: '/x/cache.db' } as const;
const sqliteError = (errcode: number): Error => Object.assign(new Error('from SQLite'), { code: 'ERR_SQLITE_ERROR', errcode });
const systemError = (code: string): Error => Object.assign(new Error('from the system'), { code, syscall: 'open' });

describe('translateSqliteError', () => {
  it.each<[string, number, string]>([
    ['SQLITE_BUSY', 5, 'BUSY'],
    ['SQLITE_BUSY_SNAPSHOT', 517, 'BUSY'],
    ['SQLITE_READONLY_DIRECTORY', 1544, 'READ_ONLY'],
    ['SQLITE_IOERR_FSYNC', 1034, 'IO_FAILED'],
    ['SQLITE_IOERR_SHMSIZE', 4874, 'DISK_FULL'],
    ['SQLITE_CORRUPT', 11, 'CORRUPT'],
    ['SQLITE_NOTADB', 26, 'CORRUPT'],
    ['SQLITE_FULL', 13, 'DISK_FULL'],
    ['SQLITE_CANTOPEN', 14, 'CANNOT_OPEN'],
  ])('translates %s into the error of the store, with its cause', (_, errcode, code) => {
    const error = sqliteError(errcode);
    expect(translateSqliteError(error, file)).toMatchObject({
      code: `READ_STORE_${code}`,
      cause: error,
      message: expect.stringContaining('/x/cache.db'),
    });
  });

  it.each([
    ['EROFS', 'READ_ONLY'],
    ['EACCES', 'READ_ONLY'],
    ['ENOSPC', 'DISK_FULL'],
    ['EIO', 'IO_FAILED'],
    ['ENOTDIR', 'CANNOT_OPEN'],
  ])('translates %s into the error of the store', (system, code) => {
    expect(translateSqliteError(systemError(system), file)).toMatchObject({ code: `READ_STORE_${code}` });
  });

  it('keeps other errors', () => {
    for (const error of [new TypeError('x'), sqliteError(19), systemError('EMFILE')]) expect(translateSqliteError(error, file)).toBe(error);
  });

  it('knows which errors are worth a retry', () => {
    expect([5, 261, 6, 15, 13, 10].map((errcode) => isBusy(sqliteError(errcode)))).toEqual([true, true, true, true, false, false]);
    expect(isBusy(new Error('x'))).toBe(false);
  });
});
