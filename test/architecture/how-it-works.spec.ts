// Pages that say where something is in the code are right: each file is there, and has the names that its row gives it.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { blocksOf, linksOf } from './markdown.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const folder = 'docs/how-it-works';
const pages = globSync('*.md', { cwd: path.join(root, folder) }).map((page) => `${folder}/${page}`);
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

interface Row {
  readonly place: string;
  readonly names: readonly string[];
  readonly files: readonly string[];
}

/** Rows of tables that link to sources, with the names in their first cell. */
const rowsOf = (page: string): readonly Row[] =>
  blocksOf(read(page))
    .filter(({ kind, text }) => kind === 'row' && text.includes('.ts)'))
    .map(({ line, text }) => ({
      place: `${page}:${line}`,
      names: [...(text.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
      files: linksOf(text).map(({ path: target }) => path.posix.join(folder, target)),
    }));

/** Names of a row that none of its files has. */
const missingIn = ({ place, names, files }: Row): readonly string[] =>
  names.filter((name) => !files.some((file) => new RegExp(`\\b${name}\\b`).test(read(file)))).map((name) => `${place} ${name}`);

describe('docs/how-it-works', () => {
  const rows = pages.flatMap(rowsOf);

  it('names what is in the files that it links to', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.flatMap(missingIn)).toEqual([]);
  });

  it('has a page of its own linked from docs/README.md for each idea, and for each task and each list of the reference', () => {
    const linked = linksOf(read('docs/README.md')).map(({ path: target }) => path.posix.join('docs', target));
    const all = globSync('docs/{how-it-works,manual,reference}/*.md', { cwd: root }).map((file) => file.split(path.sep).join('/'));
    expect(all.filter((page) => !linked.includes(page))).toEqual([]);
  });

  it('would notice a name that is not there', () => {
    expect(missingIn({ place: 'here', names: ['Projector', 'Projectile'], files: ['libs/projection/src/run/projector.ts'] })).toEqual([
      'here Projectile',
    ]);
  });
});
