// The code of docs/write-your-own-read-store.md is the code that is compiled and put through the contract suite.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const folder = 'test/contract/ndjson-read-store';

const guide = readFileSync(path.join(root, 'docs/write-your-own-read-store.md'), 'utf8');
const blocks = [...guide.matchAll(/\*\*\[[\w.-]+\]\(\.\.\/([\w./-]+)\)\*\* `([\w-]+)`\n\n```ts\n(.*?)\n```/gs)].map(
  ([, file = '', region = '', code = '']) => ({
    file,
    region,
    code,
  }),
);

/** The lines of a region, as far to the left as they go. */
const regionOf = (file: string, name: string): string => {
  const source = readFileSync(path.join(root, file), 'utf8');
  const text = new RegExp(`// #region ${name}\\n(.*?)\\n *// #endregion`, 's').exec(source)?.[1] ?? '';
  const indent = Math.min(
    ...text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => line.length - line.trimStart().length),
  );
  return text
    .split('\n')
    .map((line) => line.slice(indent))
    .join('\n')
    .trim();
};

const regionsIn = (file: string): string[] =>
  [...readFileSync(path.join(root, file), 'utf8').matchAll(/\/\/ #region ([\w-]+)/g)].map(([, region]) => `${file} ${region}`);

describe('docs/write-your-own-read-store.md', () => {
  it('shows code as it is in the tested files', () => {
    for (const { file, region, code } of blocks) expect(code, `${file} ${region}`).toBe(regionOf(file, region));
  });

  it('shows every region that the files mark for it', () => {
    const files = [...readdirSync(path.join(root, folder)).map((file) => `${folder}/${file}`), `${folder}.spec.ts`];
    expect(blocks.map(({ file, region }) => `${file} ${region}`).toSorted()).toEqual(files.flatMap(regionsIn).toSorted());
  });

  it('has no code of its own', () => {
    expect(guide.split('```ts').length - 1).toBe(blocks.length);
  });
});
