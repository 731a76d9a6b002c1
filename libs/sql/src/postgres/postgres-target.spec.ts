// Where the read models go, from a URL that must never show.
import { describe, expect, it } from 'vitest';
import { postgresTargetOf } from './postgres-target.js';

describe('postgres target', () => {
  it('takes the schema out of the URL and leaves the rest to the driver', () => {
    expect(postgresTargetOf({ url: 'postgres://u:p@host:6543/db?schema=ledger&sslmode=require' })).toMatchObject({
      connectionString: 'postgres://u:p@host:6543/db?sslmode=require',
      schema: 'ledger',
    });
  });

  it('prefers the schema that is given as an option, and defaults to public', () => {
    expect(postgresTargetOf({ url: 'postgres://host/db?schema=a', schema: 'b' }).schema).toBe('b');
    expect(postgresTargetOf({ url: 'postgresql://host/db' }).schema).toBe('public');
  });

  it('limits everything by default, and takes limits from the options or the URL', () => {
    expect(postgresTargetOf({ url: 'postgres://host/db' })).toMatchObject({
      poolSizeMax: 10,
      statementTimeoutMs: 60_000,
      lockTimeoutMs: 10_000,
      idleInTransactionTimeoutMs: 60_000,
    });
    const url = 'postgres://host/db?pool_size=2&statement_timeout=1000&lock_timeout=200&idle_in_transaction_session_timeout=300';
    expect(postgresTargetOf({ url, lockTimeoutMs: 7 })).toMatchObject({
      poolSizeMax: 2,
      statementTimeoutMs: 1_000,
      lockTimeoutMs: 7,
      idleInTransactionTimeoutMs: 300,
      connectionString: 'postgres://host/db',
    });
  });

  it('keeps the session options of the URL, except those that its own values depend on', () => {
    const url = 'postgres://host/db?options=-c%20work_mem%3D64MB%20-c%20extra_float_digits%3D-5';
    const { sessionOptions, connectionString } = postgresTargetOf({ url });
    expect(sessionOptions).toBe(
      '-c work_mem=64MB -c extra_float_digits=-5 -c extra_float_digits=1 -c array_nulls=on -c timezone=UTC -c datestyle=ISO',
    ); // the last one counts
    expect(connectionString).toBe('postgres://host/db');
  });

  it.each([
    { url: 'mysql://root:sentinel-secret@host/db' },
    { url: 'sentinel-secret' },
    { url: 'postgres://u:sentinel-secret@host/db?schema=a"b' },
    { url: 'postgres://u:sentinel-secret@host/db', poolSizeMax: 0 },
    { url: 'postgres://u:sentinel-secret@host/db?statement_timeout=1min' },
    { url: 'postgres://u:sentinel-secret@host/db', lockTimeoutMs: 1.5 },
    { url: 'postgres://u:sentinel-secret@one:5432,two:5432/db' },
    { url: 'postgres://u:sentinel-secret@host/db?shema=shop' },
    { url: 'postgres://u:sentinel-secret@host/db?target_session_attrs=read-write' },
    { url: 'postgres://u:sentinel-secret@host/db?schema=a&schema=b' },
  ])('refuses invalid options without showing the password ($poolSizeMax)', (location) => {
    expect(() => postgresTargetOf(location)).toThrow(expect.objectContaining({ code: 'READ_STORE_INVALID_OPTIONS' }));
    expect(() => postgresTargetOf(location)).not.toThrow(/sentinel-secret/);
  });

  it.each(['postgres://one:5432,two:5432/db', 'postgres://one,two/db', 'postgres://one/db?host=one,two', 'postgres://one/db?host=one%2Ctwo'])(
    'refuses several hosts: %s',
    (url) => {
      expect(() => postgresTargetOf({ url })).toThrow(/with one host/);
    },
  );

  it('names the parameter that was meant', () => {
    expect(() => postgresTargetOf({ url: 'postgres://host/db?statement_timeuot=5000' })).toThrow(
      /statement_timeuot; did you mean statement_timeout\?/,
    );
    expect(() => postgresTargetOf({ url: 'postgres://host/db?Schema=shop' })).toThrow(/did you mean schema\?/);
  });

  it('leaves parameters of the driver to the driver', () => {
    const url = 'postgres://host/db?sslmode=verify-full&sslrootcert=ca.pem&application_name=shop';
    expect(postgresTargetOf({ url }).connectionString).toBe(url);
  });
});
