// The code of docs/write-your-own-read-store.md is the code that is compiled and put through the contract suite.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { blocksOfCodeIn, regionOf, regionsShownIn } from './regions.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const folder = 'test/contract/ndjson-read-store';

const page = 'docs/write-your-own-read-store.md';
const blocks = regionsShownIn(root, page);

const regionsIn = (file: string): string[] =>
  [...readFileSync(path.join(root, file), 'utf8').matchAll(/\/\/ #region ([\w-]+)/g)].map(([, region]) => `${file} ${region}`);

describe(page, () => {
  it('shows code as it is in the tested files', () => {
    for (const { file, region, code } of blocks) expect(code, `${file} ${region}`).toBe(regionOf(root, file, region));
  });

  it('shows every region that the files mark for it', () => {
    const files = [...readdirSync(path.join(root, folder)).map((file) => `${folder}/${file}`), `${folder}.spec.ts`];
    expect(blocks.map(({ file, region }) => `${file} ${region}`).toSorted()).toEqual(files.flatMap(regionsIn).toSorted());
  });

  it('has no code of its own', () => {
    expect(blocksOfCodeIn(root, page)).toBe(blocks.length);
  });
});
