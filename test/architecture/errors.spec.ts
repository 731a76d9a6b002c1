// Every error code is explained in docs/errors.md, and nothing else is.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * An error constructor's first argument, a code in an object, codes with the port of a file's owner, and those that
 * begin a text.
 */
const THROWN = /super\(\s*'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
const NAMED = /\bcode: '((?!SQLITE_)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
const PREFIXED = /\$\{owner\.codePrefix\}(_[A-Z_]+)`/g;
const TOLD = /[`']([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): /g;
const DOCUMENTED = /`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g;
const ENVIRONMENT = new Set(['MAINSTEM_DIR']);

describe('docs/errors.md', () => {
  it('explains every code in the sources once, and no others', () => {
    const inSources = new Set(sources().flatMap((file) => codesIn(readFileSync(file, 'utf8'))));
    const rows = readFileSync(path.join(root, 'docs/errors.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const firstColumns = rows.map((row) => row.split('|')[1] ?? '');
    const explained = firstColumns.flatMap((cell) => matches(cell, DOCUMENTED)).filter((code) => !ENVIRONMENT.has(code));
    const inDocs = new Set(explained);
    expect(
      explained.filter((code, place) => explained.indexOf(code) !== place),
      'explained twice',
    ).toEqual([]);
    expect(
      [...inSources].filter((code) => !inDocs.has(code)),
      'without an explanation',
    ).toEqual([]);
    expect(
      [...inDocs].filter((code) => !inSources.has(code)),
      'explained, but not in the sources',
    ).toEqual([]);
    expect(inSources.size).toBeGreaterThan(50);
  });
});

const sources = (): readonly string[] =>
  ['libs', 'src', 'apps'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.(spec|fixtures|d)\.ts$|node_modules|(^|\/)dist\//.test(file))
      .map((file) => path.join(root, folder, file)),
  );

const codesIn = (text: string): readonly string[] => [
  ...matches(text, THROWN),
  ...matches(text, NAMED),
  ...matches(text, TOLD),
  ...matches(text, PREFIXED).flatMap((ending) => [`EVENT_STORE${ending}`, `READ_STORE${ending}`, `SNAPSHOT_STORE${ending}`]),
];

const matches = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
