// Comments, messages and names of tests are in plain words. The file of the canary shows that each check can fail.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bannedIn, longSentencesIn, PROSE_COLUMNS_MAX } from './plain-words.js';
import { textsOf, wideCommentsOf } from './source-texts.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const CANARY = 'test/architecture/canary/libs/aggregate/src/unplain.ts';

const FOLDERS: readonly string[] = ['apps', 'libs', 'scripts/faults', 'src', 'test'];

/** A statement of a database, in which a sentence has no end. */
const STATEMENT = /\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WITH)\b/;

const filesOf = (folder: string): readonly string[] =>
  globSync(`${folder}/**/*.{ts,mjs}`, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**', '**/canary/**'] })
    .map((file) => file.split(path.sep).join('/'))
    .toSorted();

const faultsOf = (file: string): readonly string[] => {
  const source = readFileSync(path.join(root, file), 'utf8');
  return [
    ...textsOf(source).flatMap(({ line, text }) =>
      [...bannedIn(text), ...(STATEMENT.test(text) ? [] : longSentencesIn(text))].map((fault) => `${file}:${line} ${fault}`),
    ),
    ...wideCommentsOf(source, PROSE_COLUMNS_MAX).map((line) => `${file}:${line} is wider than ${PROSE_COLUMNS_MAX} columns`),
  ];
};

describe('the texts of sources', () => {
  it.each(FOLDERS)('are in plain words, in short sentences, in lines that fit a screen: %s', (folder) => {
    const files = filesOf(folder);
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap(faultsOf)).toEqual([]);
  });
});

describe('the checks of sources', () => {
  it('find each fault of the canary, and none in its code', () => {
    const at = (line: number): string => `${CANARY}:${line}`;
    expect(faultsOf(CANARY).map((fault) => fault.split(' ').slice(0, 3).join(' '))).toEqual([
      `${at(1)} "Whoever": name`,
      `${at(4)} 33 words:`,
      `${at(8)} "nobody": say`,
      `${at(8)} "he": repeat`,
      `${at(10)} "somebody": name`,
      `${at(7)} is wider`,
    ]);
  });
});
