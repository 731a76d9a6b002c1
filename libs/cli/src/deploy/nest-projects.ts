// The applications that nest-cli.json names, and the modules that Node runs for them.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DeployConfigInvalid } from '../errors.js';
import { isObject } from './fields.js';

const FILE = 'nest-cli.json';

export interface NestProjects {
  readonly folder: string;
  /** The entry module of each application, by its name. */
  readonly entries: ReadonlyMap<string, string>;
}

/** From the nearest nest-cli.json, here or above. Errors: CLI_DEPLOY_CONFIG_INVALID. */
export const nestProjects = (from: string): NestProjects => {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, FILE))) return { folder, entries: entriesIn(path.join(folder, FILE)) };
    if (folder === path.dirname(folder))
      throw new DeployConfigInvalid(FILE, `is neither in ${from} nor above it. Run the command inside a Nest workspace.`);
  }
};

const entriesIn = (file: string): ReadonlyMap<string, string> => {
  const entries = new Map<string, string>();
  for (const [name, project] of Object.entries(projectsIn(file))) {
    if (!isObject(project) || project['type'] !== 'application') continue;
    const { sourceRoot, entryFile = 'main' } = project;
    if (typeof sourceRoot !== 'string' || typeof entryFile !== 'string')
      throw new DeployConfigInvalid(FILE, `projects.${name} needs a sourceRoot, and an entryFile of text if it has one.`);
    entries.set(name, path.posix.join('dist', sourceRoot, `${path.posix.basename(entryFile)}.js`));
  }
  return entries;
};

const projectsIn = (file: string): Readonly<Record<string, unknown>> => {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new DeployConfigInvalid(FILE, `is not readable JSON: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (!isObject(content) || !isObject(content['projects']))
    throw new DeployConfigInvalid(FILE, 'has no projects. nest generate app makes the first one.');
  return content['projects'];
};
