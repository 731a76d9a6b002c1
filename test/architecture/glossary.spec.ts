// One word for one idea: no identifier of the sources has a word that the glossary rejects.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const glossary = readFileSync(path.join(root, 'docs/glossary.md'), 'utf8');

/** The last cell of each row: words of identifiers, as they stand in a name that begins small. */
const rejected = glossary
  .split('\n')
  .filter((line) => line.startsWith('| **'))
  .flatMap((row) => [...(row.split('|').at(-2) ?? '').matchAll(/`(\w+)`/g)].map(([, word = '']) => word));

/** Names that other programs gave: SQL, protocols, libraries. */
const FOREIGN: ReadonlySet<string> = new Set(['journal_mode']);

/** `standBy`, `StandBy` and `STAND_BY` are the words "stand by"; `standby` is another one. */
const wordsOf = (identifier: string): string =>
  ` ${identifier
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replaceAll(/[_#$]+/g, ' ')
    .trim()
    .toLowerCase()} `;

const against = (identifier: string): readonly string[] =>
  FOREIGN.has(identifier) ? [] : rejected.filter((word) => wordsOf(identifier).includes(wordsOf(word)));

const identifiersOf = (source: string, file: string): ReadonlySet<string> => {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest));
  return names;
};

/** Any of them in any form. Only files with a match are parsed, which takes a thousand times as long. */
const ANY = new RegExp(rejected.map((word) => wordsOf(word).trim().replaceAll(' ', '_?')).join('|'), 'i');

const sources = globSync(['libs/*/src/**/*.ts', 'src/**/*.ts', 'apps/**/*.ts'], { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] });

describe('the glossary', () => {
  it('rejects words beside those that it defines', () => {
    expect(rejected.length).toBeGreaterThan(20);
    expect(new Set(rejected).size).toBe(rejected.length);
  });

  it('is kept by every identifier of the sources', () => {
    expect(sources.length).toBeGreaterThan(400);
    const found = sources.flatMap((file) => {
      const source = readFileSync(path.join(root, file), 'utf8');
      const names = ANY.test(source) ? [...identifiersOf(source, file)] : [];
      return names.flatMap((name) => against(name).map((word) => `${file}: ${name} (${word})`));
    });
    expect(found).toEqual([]);
  });

  it('finds a rejected word in any form of a name, and no other word', () => {
    const names = identifiersOf(
      'class A { #seat = 1; standBy(): void {} } const DEAD_LETTERS = 1; const isStandby = true; const seating = 1;',
      'a.ts',
    );
    expect([...names].filter((name) => against(name).length > 0)).toEqual(['#seat', 'standBy', 'DEAD_LETTERS']);
  });
});
