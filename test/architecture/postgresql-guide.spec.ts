// The code of docs/manual/postgresql-event-store.md is the code that is compiled and tested.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { blocksOfCodeIn, regionOf, regionsShownIn } from './regions.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const page = 'docs/manual/postgresql-event-store.md';

describe(page, () => {
  it('shows code as it is in the tested files, and no other', () => {
    const shown = regionsShownIn(root, page);
    expect(shown.map(({ region }) => region)).toEqual(['commands', 'events']);
    for (const { file, region, code } of shown) expect(code, `${file} ${region}`).toBe(regionOf(root, file, region));
    expect(blocksOfCodeIn(root, page)).toBe(shown.length);
  });
});
