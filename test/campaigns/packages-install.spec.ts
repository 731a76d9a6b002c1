// npm installs the packed packages into empty folders, each alone, and all of them on both versions of Nest.
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fencesOf } from '../architecture/markdown.js';
import { build } from '../acceptance/online-retail/application-process.js';
import { packageIn, packAll, Project, ROOT, run } from '../acceptance/packages/project.js';

const LIBRARIES = globSync('libs/*/package.json', { cwd: ROOT }).map((file) => packageIn(join(ROOT, dirname(file))));
/** Their examples need a server. */
const WITH_SERVER = ['redis', 'opensearch', 'postgres', 'eventstoredb'];
const NPM = 'npm install --no-audit --no-fund --prefer-offline';
const guide = readFileSync(join(ROOT, 'docs/getting-started.md'), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'mainstem-packages-'));
let tarballs: readonly string[];
beforeAll(async () => {
  await build();
  tarballs = await packAll(folder);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shortOf = (name: string): string => basename(name);
const tarballOf = (name: string): string => tarballs.find((file) => new RegExp(`mainstem-${shortOf(name)}-\\d`).test(file)) ?? '';

/** What npm has to be given, because nothing is published yet: the package with all of ours that it depends on. */
const withOwn = (names: readonly string[]): readonly string[] => {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const { dependencies = {} } = LIBRARIES.find((library) => library.name === name) ?? {};
    for (const dependency of Object.keys(dependencies)) if (dependency.startsWith('@mainstem/')) visit(dependency);
  };
  for (const name of names) visit(name);
  return [...found].map(tarballOf);
};

/** The words of the page's command that name packages. */
const packagesOf = (page: string): readonly string[] =>
  fencesOf(page)
    .filter(({ language, code }) => language === 'sh' && code.includes('npm install'))
    .flatMap(({ code }) => code.replaceAll('\\\n', ' ').split(/\s+/))
    .filter((word) => /^@?[a-z]/.test(word) && !['npm', 'install', 'npx', 'mainstem'].includes(word));

describe.each(LIBRARIES.map(({ name }) => name))('%s alone in an empty folder', (name) => {
  it('installs as its page says, and its example runs', async () => {
    const project = new Project();
    try {
      const page = readFileSync(join(ROOT, 'libs', shortOf(name), 'README.md'), 'utf8');
      const wanted = packagesOf(page);
      const own = wanted.filter((word) => word.startsWith('@mainstem/'));
      await project.run(`${NPM} ${[...withOwn([name, ...own]), ...wanted.filter((word) => !own.includes(word))].join(' ')}`);
      if (WITH_SERVER.includes(shortOf(name))) {
        project.write('example.mjs', `import '${name}';\n`);
        await project.run('node --disable-warning=ExperimentalWarning example.mjs');
        return;
      }
      const fences = fencesOf(page);
      const { outputText } = ts.transpileModule(fences.find(({ language }) => language === 'ts')?.code ?? '', {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, experimentalDecorators: true, emitDecoratorMetadata: true },
      });
      project.write('example.mjs', outputText);
      expect(await project.run('node --disable-warning=ExperimentalWarning example.mjs')).toBe(`${fences.at(-1)?.code.trimEnd()}\n`);
    } finally {
      project.remove();
    }
  });
});

describe.each([11, 12])('the slice of getting started on Nest %i', (nest) => {
  it('installs, compiles and passes its specs', async () => {
    const project = new Project();
    try {
      const [pack = '', install = ''] = fencesOf(guide)
        .filter(({ language }) => language === 'sh')
        .map(({ code }) => code);
      const packed = [...pack.matchAll(/-w libs\/([\w-]+)/g)].map(([, lib = '']) => tarballOf(lib)).join(' ');
      const onThisNest = install
        .replaceAll('\\\n', ' ')
        .replace('<folder>/*.tgz', packed)
        .replaceAll(/(@nestjs\/(?!terminus)[\w-]+)@12/g, `$1@${nest}`);
      await project.run(onThisNest.trim().replace('npm install', NPM));
      expect(packageIn(project.placeOf('@nestjs/core')).version).toMatch(new RegExp(`^${nest}\\.`));
      project.writeSlice(guide);
      await project.run('npx tsc && npx vitest run dist');
      expect(existsSync(join(project.folder, 'dist'))).toBe(true);
    } finally {
      project.remove();
    }
  });
});

it('is what npm would publish, in order of dependencies', async () => {
  const said = await run('npm run release 2>&1', ROOT);
  expect(said.match(/Would publish @mainstem\/[\w-]+/g)).toHaveLength(LIBRARIES.length);
});
