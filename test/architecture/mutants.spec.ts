// The mutants fit the present sources: an outdated list shows nothing, and no ring runs all of it on every change.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly suites: readonly string[];
}
const { mutants } = (await import(new URL('../mutants/mutants.mjs', import.meta.url).href)) as { readonly mutants: readonly Mutant[] };

describe('the mutants', () => {
  it.each(mutants)('change one place of their source: $name', ({ file, from, to }) => {
    expect(readFileSync(path.join(root, file), 'utf8').split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
  });

  it('have names of their own, and suites that are there', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
    const suites = new Set(mutants.flatMap((mutant) => mutant.suites));
    // A suite is the beginning of a path, like for the runner.
    const isThere = (suite: string): boolean => existsSync(path.join(root, suite)) || existsSync(path.join(root, `${suite}.spec.ts`));
    expect([...suites].filter((suite) => !isThere(suite))).toEqual([]);
  });
});
