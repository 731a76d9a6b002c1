// Random requests: what is generated is TypeScript, and a second time nothing changes.
import fc from 'fast-check';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { addAggregate, addProjection, changesOf, newApplication, unifiedDiff, type Files } from './index.js';
import { aggregateRequests, projectionRequests } from './requests.fixtures.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);
const shop = newApplication(
  { name: 'my-shop', eventStore: 'embedded', sql: 'sqlite', cache: 'embedded', search: 'embedded' },
  { versionOf: () => '^0.1.0' },
);

const syntaxErrors = (files: Files): readonly string[] =>
  [...files].flatMap(([file, text]) => {
    const { parseDiagnostics } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest) as unknown as {
      readonly parseDiagnostics: readonly ts.Diagnostic[];
    };
    return parseDiagnostics.map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}\n${text}`);
  });

describe('whatever is asked for', () => {
  it('is made of files that parse, and of nothing when it is asked for again', () => {
    fc.assert(
      fc.property(aggregateRequests, (aggregate) => {
        const added = addAggregate(shop, aggregate);
        expect(syntaxErrors(changesOf(shop, added))).toEqual([]);
        expect(changesOf(added, addAggregate(added, aggregate))).toEqual(new Map());
        for (const projection of projectionRequests(aggregate)) {
          const projected = addProjection(added, projection);
          expect(syntaxErrors(changesOf(added, projected))).toEqual([]);
          expect(changesOf(projected, addProjection(projected, projection))).toEqual(new Map());
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a diff', () => {
  it('names what is new, with three lines around it', () => {
    const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9', ''].join('\n');
    expect(unifiedDiff('a.ts', before, before.replace('5', 'five\nand a half'))).toBe(
      '--- a/a.ts\n+++ b/a.ts\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+and a half\n 6\n 7\n 8',
    );
    expect(unifiedDiff('b.ts', undefined, 'x\n')).toBe('--- /dev/null\n+++ b/b.ts\n@@ -0,0 +1,1 @@\n+x');
  });

  it('has a hunk for each part of a file', () => {
    const before = Array.from({ length: 30 }, (_, index) => `${index}\n`).join('');
    const diff = unifiedDiff('a.ts', before, before.replace('\n3\n', '\nthree\n').replace('\n25\n', '\n'));
    expect(diff.match(/^@@ .*/gm)).toEqual(['@@ -1,7 +1,7 @@', '@@ -23,7 +23,6 @@']);
  });
});
