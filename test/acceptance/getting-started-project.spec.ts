// A new project as in docs/getting-started.md: packages are packed and laid out, the slice compiles and its specs pass.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fencesOf } from '../architecture/markdown.js';
import { build } from './online-retail/application-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const guide = readFileSync(join(ROOT, 'docs/getting-started.md'), 'utf8');
const fences = fencesOf(guide);
const [pack = '', install = ''] = fences.filter(({ language }) => language === 'sh').map(({ code }) => code);
const configuration = fences.find(({ language }) => language === 'json')?.code ?? '';
const modules = join(ROOT, 'node_modules');

let folder: string;
let project: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mainstem-packages-'));
  project = mkdtempSync(join(tmpdir(), 'mainstem-project-'));
  await build();
}, 240_000);
afterAll(() => {
  for (const made of [folder, project]) rmSync(made, { recursive: true, force: true });
});

/** Runs a command in a shell, on this Node. Errors: what it said, if it fails. */
const run = async (command: string, cwd: string): Promise<void> => {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  await promisify(execFile)('sh', ['-c', command], { cwd, env }).catch((error: { readonly stdout: string; readonly stderr: string }) => {
    throw new Error(`${command} failed:\n${error.stdout}\n${error.stderr}`);
  });
};

/** What npm makes of a package: here of one that the repository has already, so that no registry is asked. */
const link = (name: string): void => {
  const place = join(project, 'node_modules', name);
  if (existsSync(place)) return;
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(modules, name), place);
};

const packageOf = (place: string) =>
  JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly dependencies?: object;
  };

it('packs the packages, of which nothing is missing that they need', { timeout: 240_000 }, async () => {
  await run(pack.replace('<folder>', folder), ROOT);
  const named = [...pack.matchAll(/-w (libs\/[\w-]+)/g)].map(([, lib = '']) => packageOf(join(ROOT, lib)).name);
  for (const tarball of globSync('*.tgz', { cwd: folder })) {
    const unpacked = mkdtempSync(join(folder, 'unpacked-'));
    await run(`tar -xzf ${join(folder, tarball)}`, unpacked);
    const { name, dependencies = {} } = packageOf(join(unpacked, 'package'));
    expect(named).toContain(name);
    mkdirSync(join(project, 'node_modules/@mainstem'), { recursive: true });
    cpSync(join(unpacked, 'package'), join(project, 'node_modules', name), { recursive: true });
    const own = Object.keys(dependencies).filter((dependency) => dependency.startsWith('@mainstem/'));
    expect(named).toEqual(expect.arrayContaining(own));
    for (const dependency of Object.keys(dependencies)) if (!own.includes(dependency)) link(dependency);
  }
  expect(globSync('node_modules/@mainstem/*', { cwd: project })).toHaveLength(named.length);
});

it('installs packages that the repository has in the same major version', () => {
  const wanted = install
    .replaceAll('\\\n', ' ')
    .split(/ +/)
    .slice(2)
    .filter((word) => !word.includes('.tgz'));
  expect(wanted.length).toBeGreaterThan(10);
  for (const word of wanted) {
    const [, name = '', major] = /^(@?[^@]+)(?:@(\d+))?$/.exec(word.trim()) ?? [];
    link(name);
    if (major !== undefined) expect(packageOf(join(modules, name)).version.split('.')[0], name).toBe(major);
  }
});

it('compiles and tests the slice with the commands of the guide', { timeout: 240_000 }, async () => {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'workshops', type: 'module' }));
  writeFileSync(join(project, 'tsconfig.json'), configuration);
  mkdirSync(join(project, 'src'));
  for (const [, file = '', code = ''] of guide.matchAll(/\[([\w.]+)\]\(\.\.\/test\/acceptance\/getting-started\/\1\)\*\*\n\n```ts\n(.*?)\n```/gs))
    writeFileSync(join(project, 'src', file), `${code}\n`);
  mkdirSync(join(project, 'node_modules/.bin'));
  symlinkSync('../typescript/bin/tsc', join(project, 'node_modules/.bin/tsc'));
  symlinkSync('../vitest/vitest.mjs', join(project, 'node_modules/.bin/vitest'));
  const command = /`(npx tsc && npx vitest run dist)`/.exec(guide)?.[1] ?? 'false';
  await run(command, project);
  expect(globSync('dist/*.js', { cwd: project })).toHaveLength(globSync('src/*.ts', { cwd: project }).length);
});
