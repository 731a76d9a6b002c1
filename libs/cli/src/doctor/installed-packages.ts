// Node, and the packages of Mainstem that the application has installed: of one version, and each once.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Examination, Finding } from './examination.js';

interface Installed {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

const SCOPE = '@mainstem';

/** `folder`: that of the application. Looks there and above, and at what each package itself would load. */
export const examinedPackages = (folder: string): Examination => {
  const found = new Map<string, Installed>();
  for (const directory of packageFolders(folder)) reach(directory, found);
  const all = [...found.values()];
  const versions = [...new Set(all.map(({ version }) => version))].toSorted();
  return {
    subject: 'packages',
    facts: [`Node ${process.versions.node}`, `${all.length} packages of ${SCOPE}`, ...versions.map((version) => `version ${version}`)],
    findings: [...differentVersions(all, versions), ...severalCopies(all)],
  };
};

/** Of the nearest folder that has some: what is above is not loaded from here. */
const packageFolders = (folder: string): readonly string[] => {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const scope = path.join(at, 'node_modules', SCOPE);
    if (existsSync(scope)) return readdirSync(scope).map((name) => path.join(scope, name));
    if (at === path.dirname(at)) return [];
  }
};

/** Adds a package, and those that it loads. */
const reach = (directory: string, found: Map<string, Installed>): void => {
  const file = path.join(directory, 'package.json');
  if (!existsSync(file)) return;
  const folder = realpathSync(directory);
  if (found.has(folder)) return;
  const { name, version, dependencies } = JSON.parse(readFileSync(file, 'utf8')) as {
    name: string;
    version: string;
    dependencies?: Readonly<Record<string, string>>;
  };
  found.set(folder, { name, version, folder });
  const { resolve } = createRequire(file);
  for (const needed of Object.keys(dependencies ?? {}).filter((one) => one.startsWith(`${SCOPE}/`))) {
    const at = loadedFrom(resolve, needed);
    if (at !== undefined) reach(at, found);
  }
};

/** Undefined for one that is not installed: loading the application has said so. */
const loadedFrom = (resolve: NodeJS.RequireResolve, name: string): string | undefined => {
  try {
    return path.dirname(resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
};

const differentVersions = (all: readonly Installed[], versions: readonly string[]): readonly Finding[] => {
  if (versions.length < 2) return [];
  const named = versions.map((version) => `${version} (${namesOf(all.filter((one) => one.version === version))})`);
  return [{ problem: `packages of different versions: ${named.join(', ')}`, cure: `Install one version of all packages of ${SCOPE}.` }];
};

const severalCopies = (all: readonly Installed[]): readonly Finding[] => {
  const names = [...new Set(all.map(({ name }) => name))];
  return names.flatMap((name) => {
    const copies = all.filter((one) => one.name === name);
    if (copies.length < 2) return [];
    const places = copies.map(({ folder }) => folder).join(', ');
    return [{ problem: `${name} is installed ${copies.length} times: ${places}`, cure: 'Run npm dedupe, or install one version of all packages.' }];
  });
};

const namesOf = (packages: readonly Installed[]): string => packages.map(({ name }) => name.slice(SCOPE.length + 1)).join(', ');
