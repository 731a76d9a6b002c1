// A new project as in docs/getting-started.md: packages are packed and laid out, the slice compiles and its specs pass.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fencesOf } from '../architecture/markdown.js';
import { build } from './online-retail/application-process.js';
import { packageIn, Project, ROOT, run } from './packages/project.js';

const guide = readFileSync(join(ROOT, 'docs/getting-started.md'), 'utf8');
const fences = fencesOf(guide);
const [pack = '', install = ''] = fences.filter(({ language }) => language === 'sh').map(({ code }) => code);

let folder: string;
let project: Project;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mainstem-packages-'));
  project = new Project();
  await build();
}, 240_000);
afterAll(() => {
  project.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('packs the packages, of which nothing is missing that they need', { timeout: 240_000 }, async () => {
  await run(pack.replace('<folder>', folder), ROOT);
  const named = [...pack.matchAll(/-w (libs\/[\w-]+)/g)].map(([, lib = '']) => packageIn(join(ROOT, lib)).name);
  const installed = await project.install(globSync('*.tgz', { cwd: folder }).map((file) => join(folder, file)));
  expect([...installed.keys()].toSorted()).toEqual(named.toSorted());
  for (const { dependencies = {} } of installed.values())
    expect(named).toEqual(expect.arrayContaining(Object.keys(dependencies).filter((dependency) => dependency.startsWith('@mainstem/'))));
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
    project.link(name);
    if (major !== undefined) expect(packageIn(project.placeOf(name)).version.split('.')[0], name).toBe(major);
  }
});

it('compiles and tests the slice with the commands of the guide', { timeout: 240_000 }, async () => {
  project.writeSlice(guide);
  project.linkCommand('tsc', 'typescript/bin/tsc');
  project.linkCommand('vitest', 'vitest/vitest.mjs');
  const command = /`(npx tsc && npx vitest run dist)`/.exec(guide)?.[1] ?? 'false';
  await project.run(command);
  expect(globSync('dist/*.js', { cwd: project.folder })).toHaveLength(globSync('src/*.ts', { cwd: project.folder }).length);
});
