// Errors of the server and the connection become the port's; the application's own mistakes stay unchanged.
import { describe, expect, it } from 'vitest';
import { CheckpointMoved } from '@mainstem/projection/adapter';
import { translatePostgresError } from './postgres-errors.js';

const serverError = (code: string): Error => Object.assign(new Error('the server says no'), { code, severity: 'ERROR' });

describe('postgres errors', () => {
  it.each([
    ['57P01', 'READ_STORE_UNAVAILABLE'],
    ['57014', 'READ_STORE_UNAVAILABLE'],
    ['40P01', 'READ_STORE_UNAVAILABLE'],
    ['53300', 'READ_STORE_UNAVAILABLE'],
    ['55P03', 'READ_STORE_UNAVAILABLE'],
    ['42P01', 'READ_STORE_UNAVAILABLE'],
    ['28P01', 'READ_STORE_UNAVAILABLE'],
    ['42501', 'READ_STORE_PERMISSION_DENIED'],
    ['25006', 'READ_STORE_READ_ONLY'],
    ['42P07', 'READ_STORE_NAME_TAKEN'],
  ])('translates SQLSTATE %s to %s', (state, code) => {
    expect(translatePostgresError(serverError(state), 'sql')).toMatchObject({ code });
  });

  it('treats a lost connection as an outage, also during a query of the application', () => {
    const lost = new Error('Connection terminated unexpectedly');
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED', syscall: 'connect' });
    for (const error of [lost, refused]) expect(translatePostgresError(error, 'sql', 'query')).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
  });

  it('distinguishes the end of a connection, which a pooler reports as a broken protocol, from a wrong number of values', () => {
    const values = serverError('08P01');
    expect(translatePostgresError(values, 'sql', 'handler')).toBe(values);
    const over = Object.assign(serverError('08P01'), { severity: 'FATAL' });
    expect(translatePostgresError(over, 'sql', 'handler')).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
  });

  it('treats an unlisted error as the fault of a handler, but as trouble for our own statements', () => {
    const unknown = serverError('ZZ999');
    expect(translatePostgresError(unknown, 'sql', 'handler')).toBe(unknown);
    expect(translatePostgresError(unknown, 'sql', 'query')).toBe(unknown);
    expect(translatePostgresError(unknown, 'sql')).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
  });

  it('keeps mistakes of the application and our own errors unchanged', () => {
    const syntax = serverError('42601');
    expect(translatePostgresError(syntax, 'sql', 'query')).toBe(syntax);
    const bug = new TypeError('x is not a function');
    expect(translatePostgresError(bug, 'sql', 'query')).toBe(bug);
    const moved = new CheckpointMoved('p', 1);
    expect(translatePostgresError(moved, 'sql')).toBe(moved);
  });
});
