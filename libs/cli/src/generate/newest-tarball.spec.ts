// Which packed packages mainstem new takes from a folder.
import { describe, expect, it } from 'vitest';
import { newestTarball } from './newest-tarball.js';

describe('the newest tarball', () => {
  it('is chosen by numbers, and a release before its preliminary versions', () => {
    const of = (...versions: readonly string[]): string | undefined =>
      newestTarball(
        'cli',
        versions.map((version) => `mainstem-cli-${version}.tgz`),
      );
    expect(of('0.10.0', '0.9.0')).toBe('mainstem-cli-0.10.0.tgz');
    expect(of('0.9.0', '0.10.0', '0.2.11')).toBe('mainstem-cli-0.10.0.tgz');
    expect(of('1.0.0-rc.10', '1.0.0-rc.9')).toBe('mainstem-cli-1.0.0-rc.10.tgz');
    expect(of('1.0.0', '1.0.0-rc.2')).toBe('mainstem-cli-1.0.0.tgz');
  });

  it('is one of that package alone', () => {
    expect(newestTarball('sql', ['mainstem-sql-tools-2.0.0.tgz', 'mainstem-sql-0.1.0.tgz', 'mainstem-sql-0.2.0.zip'])).toBe('mainstem-sql-0.1.0.tgz');
    expect(newestTarball('sql', [])).toBeUndefined();
  });
});
