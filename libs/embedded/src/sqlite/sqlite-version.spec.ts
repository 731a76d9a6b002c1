// Promises of the check of SQLite's version.
import { describe, expect, it } from 'vitest';
import { assertSqliteVersion } from './sqlite-version.js';

const owner = { codePrefix: 'EVENT_STORE', name: 'event store' } as const;

describe('assertSqliteVersion', () => {
  it.each(['3.51.3', '3.51.10', '3.53.0', '4.0.0'])('accepts %s', (version) => {
    assertSqliteVersion(version, owner);
  });

  it.each(['3.51.2', '3.50.9', '3.9.0', '2.99.99', '3', '', 'unknown'])('refuses %j and names the needed version', (version) => {
    expect(() => assertSqliteVersion(version, owner)).toThrow(
      expect.objectContaining({ code: 'EVENT_STORE_SQLITE_TOO_OLD', message: expect.stringContaining('3.51.3') }),
    );
  });

  it('accepts the SQLite of this Node', () => {
    assertSqliteVersion(process.versions.sqlite ?? '', owner);
  });
});
