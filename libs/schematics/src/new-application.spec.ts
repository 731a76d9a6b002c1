// A new application is what the golden folder shows: every file that people learn from. `SCAFFOLD_GOLDEN=write` renews
// it.
import { execSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { newApplication, type ApplicationModel } from './index.js';

const GOLDEN = fileURLToPath(new URL('../../../test/golden/my-shop', import.meta.url));
const EMBEDDED: ApplicationModel = { name: 'my-shop', eventStore: 'embedded', sql: 'sqlite', cache: 'embedded', search: 'embedded' };
const published = { versionOf: () => '^0.1.0' };

describe('a new application', () => {
  it('is the one of the golden folder', () => {
    const files = newApplication(EMBEDDED, published);
    if (process.env['SCAFFOLD_GOLDEN'] === 'write') {
      rmSync(GOLDEN, { recursive: true, force: true });
      for (const [file, text] of files) {
        mkdirSync(dirname(join(GOLDEN, file)), { recursive: true });
        writeFileSync(join(GOLDEN, file), text);
      }
    }
    const golden = readdirSync(GOLDEN, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(golden.map(({ parentPath, name }) => relative(GOLDEN, join(parentPath, name))).toSorted()).toEqual([...files.keys()].toSorted());
    for (const [file, text] of files) expect(readFileSync(join(GOLDEN, file), 'utf8'), file).toBe(text);
  });

  it('names the servers that it is to use in dependencies, compose file and environment', () => {
    const files = newApplication({ name: 'my-shop', eventStore: 'eventstoredb', sql: 'mariadb', cache: 'redis', search: 'opensearch' }, published);
    const { dependencies } = JSON.parse(files.get('package.json') ?? '') as { readonly dependencies: object };
    expect(Object.keys(dependencies)).toEqual(
      expect.arrayContaining(['@mainstem/eventstoredb', 'mysql2', '@mainstem/redis', '@mainstem/opensearch']),
    );
    for (const server of ['eventstoredb', 'mariadb', 'redis', 'opensearch']) expect(files.get('docker-compose.yml')).toContain(`\n  ${server}:\n`);
    expect(files.get('.env.example')?.match(/^\w+(?==)/gm)).toEqual([
      'PORT',
      'EVENT_STORE',
      'READ_STORE_SQL',
      'READ_STORE_CACHE',
      'READ_STORE_SEARCH',
    ]);
  });

  it('tests what its sources are now: what was built before is removed first, in every shell', () => {
    const { scripts } = JSON.parse(newApplication(EMBEDDED, published).get('package.json') ?? '') as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    expect(scripts['test']).toMatch(/clean && .*build && vitest run$/);
    const folder = mkdtempSync(join(tmpdir(), 'clean-'));
    try {
      mkdirSync(join(folder, 'dist/src'), { recursive: true });
      writeFileSync(join(folder, 'dist/src/gone.spec.js'), '');
      for (let time = 0; time < 2; time++) execSync(scripts['clean'] ?? '', { cwd: folder, stdio: 'pipe' });
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each(['My Shop', 'my_shop', '1shop', 'shop-', 'node_modules', 'a'.repeat(41), '', '../shop'])('refuses the name %j', (name) => {
    expect(() => newApplication({ ...EMBEDDED, name }, published)).toThrow(expect.objectContaining({ code: 'SCHEMATICS_INVALID_REQUEST' }));
  });
});
