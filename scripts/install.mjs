// Makes node_modules match package-lock.json, or says why it cannot.
import { existsSync, readFileSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from './child.mjs';
import { elapsed, inRoot, Refusal, repositoryNode, say } from './repository.mjs';

/**
 * The packages of package-lock.json that node_modules lacks or has in another version, by npm's own record. Optional
 * ones (binaries for other platforms) do not count.
 * @returns {string[]}
 */
export const missingPackages = () => {
  const wanted = readPackages(inRoot('package-lock.json'));
  const present = readPackages(inRoot('node_modules', '.package-lock.json'));
  const isWanted = ([folder, entry]) => folder.includes('node_modules/') && !entry.link && !entry.optional;
  const isAbsent = ([folder, entry]) => present[folder]?.version !== entry.version;
  return Object.entries(wanted)
    .filter((entry) => isWanted(entry) && isAbsent(entry))
    .map(([folder, entry]) => `${folder.replace(/^.*node_modules\//, '')}@${entry.version}`);
};

/** Runs `npm ci` with the machine's own Node and npm. Errors: a refusal that says how to repair. */
export const install = async (/** @type {readonly string[]} */ missing) => {
  const startedAt = performance.now();
  say(`Installing ${missing.length} packages and the repository's own Node (about 500 MB, once; half a minute to a few minutes) …`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { code } = await run(npm, ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { env: npmEnvironment() }).catch(
    (error) => {
      throw new Refusal(`npm could not be started (${error.message}). Install Node 20 or newer with npm, then try again.`);
    },
  );
  if (code !== 0) throw new Refusal(`\nnpm ci failed with exit code ${code}; its own message is above.\n${OFFLINE_HELP}`);
  const { files, bytes } = await sizeOf(inRoot('node_modules'));
  say(`Installed ${missing.length} packages, ${files.toLocaleString('en')} files, ${megabytes(bytes)} in ${elapsed(startedAt)}.`);
};

/**
 * Checks the repository's Node. Errors: a refusal that says how to repair.
 * @returns {Promise<{ version: string, sqlite: string }>}
 */
export const checkNode = async () => {
  if (!existsSync(repositoryNode)) throw new Refusal(NODE_HELP);
  const report = 'console.log(JSON.stringify({ version: process.version, sqlite: process.versions.sqlite ?? "none" }))';
  const { code, output } = await run(repositoryNode, ['-e', report], { isQuiet: true });
  if (code !== 0) throw new Refusal(`The repository's Node does not run on this machine:\n${output}\n${NODE_HELP}`);
  const found = JSON.parse(output);
  if (!isAtLeast(found.version, NODE_MIN))
    throw new Refusal(`The repository's Node is ${found.version}, but ${NODE_MIN} or newer is needed. ${REPAIR}`);
  if (!isAtLeast(found.sqlite, SQLITE_MIN)) throw new Refusal(`Its SQLite is ${found.sqlite}, but ${SQLITE_MIN} or newer is needed. ${REPAIR}`);
  return found;
};

export const NODE_MIN = '22.13.0';
export const SQLITE_MIN = '3.51.3';

/** @param {string} actual @param {string} minimum both like 1.2.3; a leading v is allowed */
export const isAtLeast = (actual, minimum) => {
  const left = actual.replace(/^v/, '').split('.').map(Number);
  const right = minimum.split('.').map(Number);
  const differing = right.findIndex((part, index) => part !== left[index]);
  return differing === -1 || left[differing] > right[differing];
};

/** @param {number} bytes */
export const megabytes = (bytes) => `${(bytes / 1_048_576).toLocaleString('en', { maximumFractionDigits: 0 })} MB`;

const REPAIR = 'Delete node_modules and run the command again.';

const OFFLINE_HELP = `What may help:
  - no network: the first installation needs the npm registry, or an npm cache that has everything (then: npm ci --prefer-offline);
  - behind a proxy or a mirror: npm config set proxy … / registry …, as for any npm project;
  - after that, run the command again: it goes on from there.`;

const NODE_HELP = `The repository's own Node is missing: ${path.relative(inRoot(), repositoryNode)}
The npm package "node" fetches it in its install script, and that script has not run. Reasons and remedies:
  - npm was told --ignore-scripts (look at: npm config get ignore-scripts):   npm rebuild node --ignore-scripts=false
  - npm asks before it runs install scripts:                                  npm install-scripts approve node, then npm rebuild node
  - there was no network, or an offline cache without the binary:             npm rebuild node, once there is one
Then run the command again.`;

const readPackages = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw new Refusal(`${file} cannot be read: ${error.message}`);
  }
};

// What `npm start` tells its scripts about itself must not reach another npm; what the user configured must.
const npmEnvironment = () => {
  const isOwn = (name) => /^npm_(lifecycle|package|command|execpath|node_execpath|config_local_prefix)/.test(name) || name === 'INIT_CWD';
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOwn(name)));
  const own = inRoot('node_modules');
  env.PATH = (env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.startsWith(own))
    .join(path.delimiter);
  return env;
};

const sizeOf = async (folder) => {
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const child = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      const inner = await sizeOf(child);
      files += inner.files;
      bytes += inner.bytes;
    } else if (entry.isFile()) {
      files += 1;
      bytes += (await lstat(child)).size;
    }
  }
  return { files, bytes };
};
