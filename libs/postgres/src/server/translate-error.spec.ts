// What an error of the server means: whether the same call may succeed later, and what callers are told.
import { describe, expect, it } from 'vitest';
import { isTransient, translateError } from './translate-error.js';

/** An error of the server, as the driver gives it. */
const withState = (code: string): Error => Object.assign(new Error(`state ${code}`), { code, severity: 'FATAL' });

const PLACE = { operation: 'append', schema: 'events' };

describe('an error of PostgreSQL', () => {
  // 25P03: the server ends a transaction whose process stood still; the driver gives it to the next statement.
  it.each(['08006', '25P03', '25P04', '40001', '40P01', '57P01', '57P05', '53300', '53400', '55P02'])('%s is tried again', (state) => {
    expect([isTransient(withState(state)), translateError(withState(state), PLACE).code]).toEqual([true, 'EVENT_STORE_UNAVAILABLE']);
  });

  it.each([
    ['25006', 'EVENT_STORE_READ_ONLY'],
    ['25P02', 'EVENT_STORE_FAILED'],
    ['42501', 'EVENT_STORE_ACCESS_DENIED'],
    ['42P01', 'EVENT_STORE_CORRUPT'],
    ['53100', 'EVENT_STORE_DISK_FULL'],
    ['57014', 'EVENT_STORE_FAILED'],
    ['MS001', 'EVENT_STORE_LOG_REPLACED'],
  ])('%s is told at once, as %s', (state, code) => {
    expect([isTransient(withState(state)), translateError(withState(state), PLACE).code]).toEqual([false, code]);
  });
});
