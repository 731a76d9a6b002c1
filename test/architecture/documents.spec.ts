// Every page is in plain words, wrapped, and its links work. The page of the canary shows that each check can fail.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anchorsOf, blocksOf, linksOf, longLinesOf } from './markdown.js';
import { bannedIn, longSentencesIn, PROSE_COLUMNS_MAX } from './plain-words.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const CANARY = 'test/architecture/canary/docs/unplain.md';

const filesOf = (patterns: readonly string[]): readonly string[] =>
  globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**', '**/dist/**', '**/canary/**', '**/.*/**'] })
    .map((file) => file.split(path.sep).join('/'))
    .toSorted();
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const pages = filesOf(['*.md', '{docs,data,test,libs,apps,src}/**/*.md']);

const faultsOf = (file: string): readonly string[] => [
  ...blocksOf(read(file)).flatMap(({ kind, line, text }) => [
    ...bannedIn(text).map((fault) => `${file}:${line} ${fault}`),
    ...(kind === 'prose' ? longSentencesIn(text) : []).map((fault) => `${file}:${line} ${fault}`),
  ]),
  ...longLinesOf(read(file), PROSE_COLUMNS_MAX).map((line) => `${file}:${line} is wider than ${PROSE_COLUMNS_MAX} columns`),
];

const deadLinksOf = (file: string): readonly string[] =>
  linksOf(read(file))
    .filter(({ path: target, anchor }) => {
      const place = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
      return isDead(place, anchor);
    })
    .map(({ line, path: target, anchor }) => `${file}:${line} ${target}${anchor === undefined ? '' : `#${anchor}`}`);

const isDead = (place: string, anchor: string | undefined): boolean =>
  !existsSync(path.join(root, place)) || (anchor !== undefined && !anchorsOf(read(place)).has(anchor));

describe('the pages', () => {
  it('are in plain words, in short sentences, in lines that fit a screen', () => {
    expect(pages.length).toBeGreaterThan(40);
    expect(pages.flatMap(faultsOf)).toEqual([]);
  });

  it('lead to files and headings that are there', () => {
    expect(pages.flatMap(deadLinksOf)).toEqual([]);
  });

  it('are there where the sources name them', () => {
    const sources = filesOf(['*.{ts,json,yml}', 'Dockerfile', '{libs,apps,src,scripts,test}/**/*.{ts,mjs,cjs}']);
    const named = sources.flatMap((file) =>
      [...read(file).matchAll(/(?<![\w./-])docs\/[\w./-]+\.md(?:#([\w-]+))?/g)].map(([text, anchor]) => ({
        file,
        place: text.split('#')[0] ?? '',
        anchor,
      })),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ place, anchor }) => isDead(place, anchor))).toEqual([]);
  });
});

describe('the checks of pages', () => {
  it('find each fault of the canary, and none in its code, quotations and rows', () => {
    const at = (line: number): string => `${CANARY}:${line}`;
    expect(faultsOf(CANARY).map((fault) => fault.split(' ').slice(0, 3).join(' '))).toEqual([
      `${at(3)} "Whoever": name`,
      `${at(5)} 33 words:`,
      `${at(7)} "Not atomic`,
      `${at(9)} "nobody": say`,
      `${at(5)} is wider`,
      `${at(7)} is wider`,
    ]);
    expect(deadLinksOf(CANARY)).toEqual([`${at(7)} nowhere.md`, `${at(7)} #not-a-heading`]);
  });
});
