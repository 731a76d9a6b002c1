// Errors of the server and of the connection become the port's; the application's own mistakes stay as they are.
import { describe, expect, it } from 'vitest';
import { CheckpointMoved } from '@mainstem/projection/adapter';
import { endsTransaction, translateMariadbError } from './mariadb-errors.js';

const serverError = (errno: number, sqlState = 'HY000'): Error => Object.assign(new Error('the server says no'), { errno, sqlState });
const connectionError = (code: string): Error => Object.assign(new Error('no answer'), { code, errno: -111, syscall: 'connect', fatal: true });

describe('errors of MariaDB', () => {
  it.each([
    [1040, '08004', 'READ_STORE_UNAVAILABLE'],
    [1045, '28000', 'READ_STORE_UNAVAILABLE'],
    [1049, '42000', 'READ_STORE_UNAVAILABLE'],
    [1053, '08S01', 'READ_STORE_UNAVAILABLE'],
    [1054, '42S22', 'READ_STORE_STATEMENT_REFUSED'],
    [1064, '42000', 'READ_STORE_STATEMENT_REFUSED'],
    [1146, '42S02', 'READ_STORE_UNAVAILABLE'],
    [1205, 'HY000', 'READ_STORE_UNAVAILABLE'],
    [1213, '40001', 'READ_STORE_UNAVAILABLE'],
    [1927, '70100', 'READ_STORE_UNAVAILABLE'],
    [9999, 'HY000', 'READ_STORE_UNAVAILABLE'],
    [1142, '42000', 'READ_STORE_PERMISSION_DENIED'],
    [1044, '42000', 'READ_STORE_PERMISSION_DENIED'],
    [1290, 'HY000', 'READ_STORE_READ_ONLY'],
    [1050, '42S01', 'READ_STORE_NAME_TAKEN'],
  ])('take %i (%s) of a statement of ours for %s', (errno, state, code) => {
    expect(translateMariadbError(serverError(errno, state), 'sql')).toMatchObject({ code });
  });

  it.each([[1054], [1064], [1062], [1264], [1366], [1406], [1644], [4025], [1146], [1050], [9999]])(
    'leave %i to the handler whose statement it is about',
    (errno) => {
      const error = serverError(errno, { 1054: '42S22', 1064: '42000', 1062: '23000', 1264: '22003', 1644: '45000', 4025: '23000' }[errno]);
      expect(translateMariadbError(error, 'sql', 'handler')).toBe(error);
    },
  );

  it.each(['ECONNREFUSED', 'ECONNRESET', 'PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT'])(
    'take %s for an outage in every statement',
    (code) => {
      for (const origin of ['engine', 'query', 'handler'] as const)
        expect(translateMariadbError(connectionError(code), 'sql', origin)).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    },
  );

  it('are known for the end of a transaction where the server may have undone it', () => {
    expect([1213, 1205].every((errno) => endsTransaction(serverError(errno, '40001')))).toBe(true);
    expect(endsTransaction(connectionError('ECONNRESET'))).toBe(true);
    expect(endsTransaction(serverError(1062, '23000'))).toBe(false);
  });

  it('stay as they are where they are our own or those of a program', () => {
    const [moved, bug] = [new CheckpointMoved('p', 1), new TypeError('x is not a function')];
    expect(translateMariadbError(moved, 'sql')).toBe(moved);
    expect(translateMariadbError(bug, 'sql', 'query')).toBe(bug);
  });
});
