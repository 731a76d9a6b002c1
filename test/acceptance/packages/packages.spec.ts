// Each package as a stranger gets it: complete, usable from both kinds of modules, and with an example that runs.
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { readFileSync, globSync, mkdtempSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fencesOf } from '../../architecture/markdown.js';
import { build } from '../online-retail/application-process.js';
import { packageIn, packAll, Project, ROOT, type PackageFile } from './project.js';

const LIBRARIES = globSync('libs/*/package.json', { cwd: ROOT })
  .map((file) => packageIn(join(ROOT, dirname(file))).name)
  .toSorted();
/** Servers without which the example of a package cannot run. */
const SERVERS: Readonly<Record<string, string>> = { redis: 'REDIS_URL', opensearch: 'OPENSEARCH_URL', postgres: 'DATABASE_URL' };
const COMPILER: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  strictPropertyInitialization: false,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  types: ['node'],
};

const tarballs = mkdtempSync(join(tmpdir(), 'mainstem-packages-'));
let project: Project;
let installed: ReadonlyMap<string, PackageFile>;

const shortOf = (name: string): string => basename(name);
const tarballOf = (name: string): Buffer => readFileSync(join(tarballs, `mainstem-${shortOf(name)}-${installed.get(name)?.version}.tgz`));
const readmeOf = (name: string): string => readFileSync(join(project.placeOf(name), 'README.md'), 'utf8');
const exampleOf = (name: string): { readonly code: string; readonly output: string } => {
  const fences = fencesOf(readmeOf(name));
  return { code: fences.find(({ language }) => language === 'ts')?.code ?? '', output: fences.at(-1)?.code ?? '' };
};
const fileOf = (name: string): string => `${shortOf(name)}/example`;

beforeAll(async () => {
  await build();
  project = new Project();
  installed = await project.install(await packAll(tarballs));
  for (const { peerDependencies = {} } of installed.values())
    for (const peer of Object.keys(peerDependencies)) if (existsSync(join(ROOT, 'node_modules', peer))) project.link(peer);
  for (const name of ['@types/node', '@nestjs/platform-express', '@types/express']) project.link(name);
}, 240_000);
afterAll(() => {
  project.remove();
  rmSync(tarballs, { recursive: true, force: true });
});

it('packs every library', () => {
  expect([...installed.keys()].toSorted()).toEqual(LIBRARIES);
});

describe.each(LIBRARIES)('%s', (name) => {
  it('has all its files, and none of its tests', () => {
    const place = project.placeOf(name);
    expect(readFileSync(join(place, 'LICENSE'), 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
    expect(readmeOf(name)).toMatch(new RegExp(`^# ${name}\n`));
    const files = globSync('**/*', { cwd: place }).filter((file) => !file.startsWith('node_modules'));
    expect(files.filter((file) => /\.(spec|fixtures)\.|tsbuildinfo/.test(file))).toEqual([]);
    const missing = files
      .filter((file) => file.endsWith('.map'))
      .flatMap((file) => {
        const { sources } = JSON.parse(readFileSync(join(place, file), 'utf8')) as { readonly sources: readonly string[] };
        return sources.filter((source) => !existsSync(join(place, dirname(file), source)));
      });
    expect(missing, 'files of another commit may be left in dist; `npm run clean` and `npm run build` make it anew').toEqual([]);
  });

  it('runs nothing when it is installed', () => {
    expect(Object.keys(installed.get(name)?.scripts ?? {})).toEqual([]);
  });

  it('is what publint asks for', async () => {
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarballOf(name)).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that agree with its code in every kind of resolution but that of Node 10', async () => {
    const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(tarballOf(name))));
    const problems = checked.types ? checked.problems : [{ kind: 'no types' as const }];
    // `require` of an ES module is what Node 22 and later offer.
    expect(
      problems.filter((problem) => problem.kind !== 'CJSResolvesToESM' && !('resolutionKind' in problem && problem.resolutionKind === 'node10')),
    ).toEqual([]);
  });
});

it.each([
  ['imported', 'mjs', (door: string) => `await import('${door}');`],
  ['required', 'cjs', (door: string) => `require('${door}');`],
])('all doors of all packages can be %s', async (_, extension, load) => {
  const doors = [...installed].flatMap(([name, { exports = {} }]) =>
    Object.keys(exports)
      .filter((door) => !door.endsWith('.json'))
      .map((door) => name + door.slice(1)),
  );
  expect(doors.length).toBeGreaterThan(2 * LIBRARIES.length);
  project.write(`doors.${extension}`, `${doors.map(load).join('\n')}\nconsole.log('all');\n`);
  expect(await project.run(`node --disable-warning=ExperimentalWarning doors.${extension}`)).toBe('all\n');
});

describe('the examples of the packages', () => {
  it('compile', () => {
    const files = LIBRARIES.map((name) => {
      const file = `${fileOf(name)}.ts`;
      project.write(file, exampleOf(name).code);
      return join(project.folder, file);
    });
    const compiled = ts.createProgram(files, { ...COMPILER, rootDir: project.folder, outDir: project.folder });
    const { diagnostics } = compiled.emit();
    const found = [...ts.getPreEmitDiagnostics(compiled), ...diagnostics].map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
    expect(found).toEqual([]);
  });

  for (const name of LIBRARIES) {
    const server = SERVERS[shortOf(name)];
    if (shortOf(name) === 'eventstoredb') continue; // with a server, below
    it.skipIf(server !== undefined && !process.env[server])(`say what they print: ${name}`, async () => {
      expect(await project.run(`cd ${shortOf(name)} && node --disable-warning=ExperimentalWarning example.js`)).toBe(
        `${exampleOf(name).output.trimEnd()}\n`,
      );
    });
  }

  it('say what they print: @mainstem/eventstoredb', async () => {
    project.write(
      'with-server.mjs',
      `import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
const server = await EventStoreDbServer.start({ dir: 'esdb', port: 0 });
process.env.EVENT_STORE = server.connectionString;
await import('./${fileOf('@mainstem/eventstoredb')}.js');
await server.stop();
`,
    );
    const printed = await project.run('node --disable-warning=ExperimentalWarning with-server.mjs');
    expect(printed).toBe(`${exampleOf('@mainstem/eventstoredb').output.trimEnd()}\n`);
  });
});
