// mainstem new: makes an application in a new folder, whole or not at all.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ApplicationModel } from '@mainstem/schematics';
import { FolderNotEmpty, PackagesMissing } from '../errors.js';
import { shellWord } from '../format/shell-word.js';
import type { Surroundings } from '../surroundings.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import { loadGenerators } from './generators.js';
import { writeFiles } from './folder-files.js';
import { newestTarball } from './newest-tarball.js';

export interface NewOptions extends Omit<ApplicationModel, 'name'> {
  /** A folder with tarballs of npm pack. */
  readonly packages?: string;
  readonly yes?: boolean;
}

/** Below the new folder. */
const VENDORED = 'packages';
const VERSION = '^0.1.0';

/**
 * Exit code 0: the folder is there. 1: the user said no. 130: interrupted. In every other case than 0 nothing was made.
 * Errors: CLI_FOLDER_NOT_EMPTY, CLI_PACKAGES_MISSING, CLI_GENERATORS_MISSING, SCHEMATICS_INVALID_REQUEST.
 */
export const makeApplication = async (surroundings: Surroundings, name: string, options: NewOptions): Promise<number> => {
  const { terminal, signal } = surroundings;
  const { newApplication, ownPackages, assertApplicationName } = await loadGenerators();
  assertApplicationName(name);
  const folder = path.resolve(surroundings.folder, name);
  await assertEmpty(folder);
  const { packages, yes, ...stores } = options;
  const model: ApplicationModel = { name, ...stores };
  const wanted = ownPackages(model);
  const tarballs =
    packages === undefined ? undefined : await tarballsIn(path.resolve(surroundings.folder, packages), [...wanted.dependencies, ...wanted.tools]);
  const files = newApplication(model, {
    versionOf: (own) => (tarballs === undefined ? VERSION : `file:${VENDORED}/${path.basename(tarballs.get(own) ?? '')}`),
  });
  if (yes !== true && terminal.confirm && !(await terminal.confirm(question(model)))) return 1;
  // A sibling, so that the folder appears with everything in it.
  const partial = path.join(path.dirname(folder), `.${name}-${randomUUID().slice(0, 8)}`);
  try {
    await mkdir(partial);
    await writeFiles(partial, files, signal);
    if (tarballs !== undefined) await mkdir(path.join(partial, VENDORED));
    for (const tarball of tarballs?.values() ?? []) await copyFile(tarball, path.join(partial, VENDORED, path.basename(tarball)));
    if (signal.aborted) return INTERRUPTED;
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  await terminal.print(`Made ${name}: ${files.size} files. Go on there:\n  cd ${shellWord(name)}\n  npm install\n  npm test\n  npm start`);
  return 0;
};

const question = ({ name, eventStore, sql, cache, search }: ApplicationModel): string =>
  `Make ${name} here? Events: ${eventStore}, SQL: ${sql}, cache: ${cache}, search: ${search}.`;

/** Errors: CLI_FOLDER_NOT_EMPTY. */
const assertEmpty = async (folder: string): Promise<void> => {
  if (!existsSync(folder)) return;
  const entries = await readdir(folder).catch(() => ['']);
  if (entries.length > 0) throw new FolderNotEmpty(folder);
};

/** The newest tarball of each package, by name. Errors: CLI_PACKAGES_MISSING. */
const tarballsIn = async (folder: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const files = existsSync(folder) ? await readdir(folder) : [];
  const found = new Map<string, string>();
  for (const name of names) {
    const short = name.slice(name.indexOf('/') + 1);
    const tarball = newestTarball(short, files);
    if (tarball !== undefined) found.set(name, path.join(folder, tarball));
  }
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw new PackagesMissing(folder, missing);
  return found;
};
