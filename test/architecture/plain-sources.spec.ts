// Comments, messages and names of tests are in plain words in the folders listed here. The file of the canary shows
// that each check can fail.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bannedIn, longSentencesIn, PROSE_COLUMNS_MAX } from './plain-words.js';
import { textsOf, wideCommentsOf } from './source-texts.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const CANARY = 'test/architecture/canary/libs/aggregate/src/unplain.ts';

/** Folders whose sources are rewritten. A folder joins with its last fault. */
const REWRITTEN: readonly string[] = [
  'apps/query-api',
  'apps/read-models/src/{cache,money,search,sql}',
  'apps/sql-projector/src/violations',
  'libs/cli/src/{commands,format,terminal}',
  'libs/embedded/src/{cache,sqlite}',
  'libs/eventstoredb-server/src/{command-line,log,protocol,semantics}',
  'libs/nest/src/{commands,event-store,health,http,parameters,position,problem-details,process,projector,read-store}',
  'libs/opensearch/src/{generation,layout,read,server,write}',
  'libs/projection/src/{cache,feed,fold,memory,read-store,rebuild,search,side,verify}',
  'libs/redis',
  'libs/sql/src/entity',
  'libs/testing/src/{cache-contract,event-store-contract,faults,projection,read-store-contract,search-contract}',
  'src/{import,ledger}',
  'test/acceptance/{getting-started,online-retail}',
  'test/benchmark/{ceilings,eventstoredb}',
  'test/chaos/support',
  'test/contract/workers',
  'test/fixtures',
];

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
  it.each(REWRITTEN)('are in plain words, in short sentences, in lines that fit a screen: %s', (folder) => {
    const files = filesOf(folder);
    expect(files.length).toBeGreaterThan(3);
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
