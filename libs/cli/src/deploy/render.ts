// mainstem deploy render: writes into a folder what deploys the applications, or shows what would change.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DeployConfigInvalid, DeployFolderUnusable, InvalidArgument, unknownValue } from '../errors.js';
import type { Terminal } from '../terminal/terminal.js';
import { composeFile } from './compose.js';
import { deployedApplications, type DeployedApplication } from './deployed-application.js';
import { installed } from './installed.js';
import { kubernetesManifests } from './kubernetes.js';
import { nestProjects } from './nest-projects.js';
import { unifiedDiff } from './unified-diff.js';

export interface RenderOptions {
  readonly target?: string;
  /** Default: deploy/<target> beside nest-cli.json. */
  readonly out?: string;
  /** True: show what would change, write nothing. */
  readonly diff?: boolean;
}

const TARGETS = ['compose', 'kubernetes'];
const CONFIGS = ['deploy.config.json', 'deploy.config.ts'];
const HEADER = '# Written by mainstem deploy render; change deploy.config and render it again.\n';

interface Rendered {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string;
}

/**
 * Exit code 0: the folder holds what the config says. With `diff`, 1: it does not. It asks no cluster and no registry.
 * A second run changes nothing. Errors: CLI_INVALID_ARGUMENT, CLI_DEPLOY_CONFIG_INVALID, CLI_DEPLOY_PACKAGE_MISSING,
 * CLI_DEPLOY_FOLDER_UNUSABLE; then nothing is written, except after the last one.
 */
export const render = async (terminal: Terminal, from: string, { target, out, diff = false }: RenderOptions): Promise<number> => {
  if (target === undefined) throw new InvalidArgument('--target', `is missing; it is one of: ${TARGETS.join(', ')}.`);
  if (!TARGETS.includes(target)) throw unknownValue('--target', target, TARGETS);
  const { folder, entries } = nestProjects(from);
  const { file: config, value } = await readConfig(folder);
  const to = out === undefined ? path.join(folder, 'deploy', target) : path.resolve(from, out);
  const texts = await textsOf(target, config, deployedApplications(config, value, entries));
  try {
    const rendered = await Promise.all(
      [...texts].map(async ([file, after]): Promise<Rendered> => ({ file, before: await contentOf(path.join(to, file)), after })),
    );
    const changed = rendered.filter(({ before, after }) => before !== after);
    for (const file of await leftBehind(to, texts)) terminal.say(`${file} is of no application of ${config} any more. Remove it.`);
    return await (diff ? show(terminal, changed) : write(terminal, to, changed, rendered.length));
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new DeployFolderUnusable(to, error);
    throw error;
  }
};

const readConfig = async (folder: string): Promise<{ readonly file: string; readonly value: unknown }> => {
  const [file, second] = CONFIGS.filter((name) => existsSync(path.join(folder, name)));
  if (file === undefined) throw new DeployConfigInvalid(CONFIGS[0] ?? '', `is not in ${folder}, nor is ${CONFIGS[1]}. Write one of them.`);
  if (second !== undefined) throw new DeployConfigInvalid(file, `is there, and ${second}, too. Keep one of them.`);
  try {
    if (file.endsWith('.json')) return { file, value: JSON.parse(await readFile(path.join(folder, file), 'utf8')) as unknown };
    const { default: value } = (await import(pathToFileURL(path.join(folder, file)).href)) as { readonly default?: unknown };
    return { file, value };
  } catch (error) {
    throw new DeployConfigInvalid(file, `cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
};

/** By the name of the file. */
const textsOf = async (target: string, config: string, applications: readonly DeployedApplication[]): Promise<ReadonlyMap<string, string>> => {
  const { stringify } = await installed('yaml', () => import('yaml'));
  // Kubernetes reads YAML 1.1, where `on` without quotes is no text.
  const yaml = (value: unknown): string => stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
  if (target === 'compose') return new Map([['compose.yaml', HEADER + yaml(composeFile(applications))]]);
  const texts = new Map<string, string>();
  for (const application of applications) {
    const manifests = await kubernetesManifests(config, application);
    texts.set(`${application.name}.yaml`, HEADER + manifests.map(yaml).join('---\n'));
  }
  return texts;
};

const contentOf = async (file: string): Promise<string | undefined> => (existsSync(file) ? await readFile(file, 'utf8') : undefined);

/** Files of this command that it would not write now: what is applied from the folder still has them. */
const leftBehind = async (folder: string, texts: ReadonlyMap<string, string>): Promise<readonly string[]> => {
  if (!existsSync(folder)) return [];
  const others = (await readdir(folder)).filter((name) => name.endsWith('.yaml') && !texts.has(name)).toSorted();
  const contents = await Promise.all(others.map((name) => readFile(path.join(folder, name), 'utf8')));
  return others.filter((_, at) => contents[at]?.startsWith(HEADER)).map((name) => path.join(folder, name));
};

const show = async (terminal: Terminal, changed: readonly Rendered[]): Promise<number> => {
  for (const { file, before, after } of changed) await terminal.print(unifiedDiff(file, before, after) ?? '');
  return changed.length === 0 ? 0 : 1;
};

/** Each file is replaced as a whole. */
const write = async (terminal: Terminal, folder: string, changed: readonly Rendered[], count: number): Promise<number> => {
  if (changed.length > 0) await mkdir(folder, { recursive: true });
  for (const { file, after } of changed) {
    const to = path.join(folder, file);
    await writeFile(`${to}.new`, after);
    await rename(`${to}.new`, to);
    await terminal.print(`wrote ${to}`);
  }
  if (changed.length === 0) await terminal.print(`${count} ${count === 1 ? 'file is' : 'files are'} as the config says.`);
  return 0;
};
