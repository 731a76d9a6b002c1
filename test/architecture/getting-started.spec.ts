// The code of docs/getting-started.md is the code that is compiled and tested, and it is short.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const folder = path.join(root, 'test/acceptance/getting-started');
const LINES_MAX = 114;
const NAMES_MAX = 34;

const guide = readFileSync(path.join(root, 'docs/getting-started.md'), 'utf8');
const blocks = [...guide.matchAll(/\[([\w.]+)\]\(\.\.\/test\/acceptance\/getting-started\/\1\)\*\*\n\n```ts\n(.*?)\n```/gs)].map(
  ([, file = '', code = '']) => ({ file, code }),
);
const region = (file: string): string =>
  /\/\/ #region \w+\n(.*?)\n\/\/ #endregion/s.exec(readFileSync(path.join(folder, file), 'utf8'))?.[1]?.trim() ?? '';

describe('docs/getting-started.md', () => {
  it('shows every file of the slice, each as it is', () => {
    expect(blocks.map(({ file }) => file).toSorted()).toEqual(readdirSync(folder).toSorted());
    for (const { file, code } of blocks) expect(code, file).toBe(region(file));
  });

  it(`needs at most ${LINES_MAX} lines of code`, () => {
    const lines = blocks.flatMap(({ code }) => code.split('\n')).filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
    expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
    expect(guide).toContain(`${lines.length} lines of code`);
  });

  it(`imports at most ${NAMES_MAX} names of packages`, () => {
    const imports = blocks.flatMap(({ code }) => [...code.matchAll(/import (?:type )?{([^}]*)} from '(?!\.)/g)]);
    const names = imports.flatMap(([, list = '']) => list.split(',').map((name) => name.replace('type ', '').trim()));
    expect(new Set(names).size).toBeLessThanOrEqual(NAMES_MAX);
  });
});
