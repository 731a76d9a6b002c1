// Code on a page that is the code of a file: `**[file](path)** `region`` and a block, from between `// #region` and `//
// #endregion`.
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface ShownRegion {
  /** Relative to the root of the repository. */
  readonly file: string;
  readonly region: string;
  readonly code: string;
}

/** The regions that a page shows, in order. */
export const regionsShownIn = (root: string, page: string): readonly ShownRegion[] => {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/\*\*\[[\w.-]+\]\(([\w./-]+)\)\*\* `([\w-]+)`\n\n```ts\n(.*?)\n```/gs)].map(([, target = '', region = '', code = '']) => ({
    file: path.posix.join(path.posix.dirname(page), target),
    region,
    code,
  }));
};

/** The lines of a region, as far to the left as they go. */
export const regionOf = (root: string, file: string, name: string): string => {
  const source = readFileSync(path.join(root, file), 'utf8');
  const lines = (new RegExp(`// #region ${name}\\n(.*?)\\n *// #endregion`, 's').exec(source)?.[1] ?? '').split('\n');
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length));
  return lines
    .map((line) => line.slice(indent))
    .join('\n')
    .trim();
};

/** Blocks of TypeScript on a page. */
export const blocksOfCodeIn = (root: string, page: string): number => readFileSync(path.join(root, page), 'utf8').split('```ts').length - 1;
