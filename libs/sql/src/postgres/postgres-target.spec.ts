// Where the read models go, from a URL that must never show.
import { describe, expect, it } from 'vitest';
import { postgresTargetOf } from './postgres-target.js';

describe('postgres target', () => {
  it('takes the schema out of the URL and leaves the rest to the driver', () => {
    expect(postgresTargetOf({ url: 'postgres://u:p@host:6543/db?schema=ledger&sslmode=require' })).toEqual({
      connectionString: 'postgres://u:p@host:6543/db?sslmode=require',
      schema: 'ledger',
      poolSizeMax: 10,
    });
  });

  it('prefers the schema that is given as an option, and defaults to public', () => {
    expect(postgresTargetOf({ url: 'postgres://host/db?schema=a', schema: 'b' }).schema).toBe('b');
    expect(postgresTargetOf({ url: 'postgresql://host/db' }).schema).toBe('public');
  });

  it.each([
    { url: 'mysql://root:sentinel-secret@host/db' },
    { url: 'sentinel-secret' },
    { url: 'postgres://u:sentinel-secret@host/db?schema=a"b' },
    { url: 'postgres://u:sentinel-secret@host/db', poolSizeMax: 0 },
  ])('refuses what makes no sense without showing the password ($poolSizeMax)', (location) => {
    expect(() => postgresTargetOf(location)).toThrow(expect.objectContaining({ code: 'READ_STORE_INVALID_OPTIONS' }));
    expect(() => postgresTargetOf(location)).not.toThrow(/sentinel-secret/);
  });
});
