// Every page is in plain words, wrapped, and leads nowhere that is not there. The page of the canary shows that each check can fail.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anchorsOf, blocksOf, linksOf, longLinesOf } from './markdown.js';
import { bannedIn, longSentencesIn, PROSE_COLUMNS_MAX } from './plain-words.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const CANARY = 'test/architecture/canary/docs/unplain.md';

/** Pages that are not rewritten yet. A page leaves the list with its last fault. */
const NOT_YET: ReadonlySet<string> = new Set([
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'data/eventstoredb-24.10/README.md',
  'data/online-retail/README.md',
  'docs/adr/001-sqlite-as-embedded-store.md',
  'docs/adr/002-functional-aggregates.md',
  'docs/adr/003-projection-forms.md',
  'docs/adr/004-generations.md',
  'docs/adr/005-node-through-npm.md',
  'docs/adr/006-event-ids.md',
  'docs/adr/007-problem-details.md',
  'docs/adr/008-checks.md',
  'docs/adr/009-dependencies.md',
  'docs/adr/010-fencing-without-leases.md',
  'docs/adr/011-leaderboards.md',
  'docs/adr/012-rebuild-in-the-asking-process.md',
  'docs/adr/013-kurrentdb.md',
  'docs/adr/014-checksums-beside-events.md',
  'docs/adr/015-words-of-the-search-index.md',
  'docs/adr/016-cache-queries.md',
  'docs/adr/017-opensearch.md',
  'docs/adr/018-bulk-writes-to-postgresql.md',
  'docs/adr/019-messages-of-the-client.md',
  'docs/adr/020-one-port-for-grpc-and-health.md',
  'docs/adr/022-leases.md',
  'docs/adr/023-read-models-in-redis.md',
  'docs/adr/024-elasticsearch.md',
  'docs/adr/025-partitions.md',
  'docs/adr/026-health-metrics-traces.md',
  'docs/adr/027-one-order-of-commands.md',
  'docs/adr/028-class-validator-decides.md',
  'docs/adr/029-names-are-local.md',
  'docs/adr/030-four-classes-of-failure.md',
  'docs/adr/031-replay-of-parked-events.md',
  'docs/adr/032-a-restored-log-is-known-by-its-events.md',
  'docs/adr/033-persistent-subscriptions.md',
  'docs/adr/034-the-end-of-the-log.md',
  'docs/adr/035-doors-of-the-read-side.md',
  'docs/adr/README.md',
  'docs/errors.md',
  'docs/event-store-in-tests.md',
  'docs/getting-started.md',
  'docs/performance.md',
  'docs/write-your-own-read-store.md',
]);

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
    expect(pages.filter((page) => !NOT_YET.has(page)).flatMap(faultsOf)).toEqual([]);
  });

  it('are off the list of those to be rewritten when they are', () => {
    expect([...NOT_YET].filter((page) => !pages.includes(page) || faultsOf(page).length === 0)).toEqual([]);
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
