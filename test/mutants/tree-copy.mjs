// A copy of the repository's sources in a temporary folder, with the same packages, in which sources may change.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = ['libs', 'src', 'apps', 'test', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.base.json', 'vitest.config.ts'];
const LINKED = ['data', '.services'].filter((name) => existsSync(root + name));
const NOT_COPIED = new Set(['dist', 'node_modules', '.git', '.cache']);

/** Makes the copy and returns its folder; `removeTree` takes it away again. */
export const copyTree = () => {
  const tree = mkdtempSync(path.join(tmpdir(), 'mainstem-mutants-'));
  const isWanted = (/** @type {string} */ file) => !NOT_COPIED.has(path.basename(file)) && !file.endsWith('.tsbuildinfo');
  for (const entry of COPIED) if (existsSync(root + entry)) cpSync(root + entry, path.join(tree, entry), { recursive: true, filter: isWanted });
  for (const entry of LINKED) symlinkSync(root + entry, path.join(tree, entry));
  linkPackages(tree);
  return tree;
};

export const removeTree = (/** @type {string} */ tree) => rmSync(tree, { recursive: true, force: true });

/** Installed packages are shared, our own are those of the copy. */
const linkPackages = (/** @type {string} */ tree) => {
  const modules = path.join(tree, 'node_modules');
  mkdirSync(path.join(modules, '@mainstem'), { recursive: true });
  for (const name of readdirSync(path.join(root, 'node_modules'))) {
    if (name === '@mainstem' || name === '.cache' || name.startsWith('.vite')) continue;
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  }
  for (const name of readdirSync(path.join(tree, 'libs'))) symlinkSync(path.join('..', '..', 'libs', name), path.join(modules, '@mainstem', name));
  for (const name of readdirSync(path.join(root, 'libs'))) {
    const own = path.join(root, 'libs', name, 'node_modules');
    if (existsSync(own)) symlinkSync(own, path.join(tree, 'libs', name, 'node_modules'));
  }
};
