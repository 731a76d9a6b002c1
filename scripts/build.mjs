// Compiles everything with tsc -b, unless no source has changed since the last time.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runNode } from './child.mjs';
import { elapsed, inRoot, Refusal, root, say } from './repository.mjs';

const stampFile = inRoot('dist', '.build-stamp');

export const isBuilt = () =>
  existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sourceStamp() && outputs().every((file) => existsSync(file));

/** Errors: a refusal after the compiler's own messages. */
export const build = async () => {
  const startedAt = performance.now();
  const stamp = sourceStamp();
  say('Building …');
  const { code } = await runNode([inRoot('node_modules', 'typescript', 'bin', 'tsc'), '-b', '--pretty']);
  if (code !== 0) throw new Refusal('The build failed; the messages are above.');
  mkdirSync(inRoot('dist'), { recursive: true });
  writeFileSync(stampFile, stamp);
  say(`Built in ${elapsed(startedAt)}.`);
};

// Names, sizes and times of all files that the compiler reads; its own check for this takes ten times longer.
const sourceStamp = () => {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json', ...sourceFolders.flatMap((folder) => sources(folder))]) {
    const { size, mtimeMs } = statSync(inRoot(file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
};

const sourceFolders = ['libs', 'src', 'apps'];

const sources = (/** @type {string} */ folder) =>
  readdirSync(inRoot(folder), { withFileTypes: true }).flatMap((entry) => {
    const child = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : sources(child);
    return /(\.ts|package\.json|tsconfig\.json)$/.test(entry.name) && !entry.name.endsWith('.spec.ts') ? [child] : [];
  });

const outputs = () => {
  const { references } = JSON.parse(readFileSync(inRoot('tsconfig.json'), 'utf8'));
  return references
    .map(({ path: project }) => (project.startsWith('libs/') ? path.join(root, project, 'dist') : inRoot('dist', project)))
    .map((folder) => path.join(folder, '.tsbuildinfo'));
};
