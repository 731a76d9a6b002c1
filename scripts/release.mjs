// `npm run release`: what would be published, packed and tried with npm's dry run. With `--publish` it is published.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './child.mjs';
import { prepare } from './prepare.mjs';
import { inRoot, Refusal, runMain, say } from './repository.mjs';

const HELP = `npm run release [-- --publish]

  Packs all libraries into dist/packages and asks npm what it would publish, in order of their dependencies.

  --publish  publishes them, with provenance. Needs: a clean tree, a date behind the version in CHANGELOG.md,
             "repository" in package.json, and a workflow whose identity npm trusts.`;

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const read = (/** @type {string[]} */ ...segments) => JSON.parse(readFileSync(inRoot(...segments), 'utf8'));

/** Every library after those that it depends on. */
const libraries = () => {
  const found = new Map(readdirSync(inRoot('libs')).map((folder) => [read('libs', folder, 'package.json').name, folder]));
  const sorted = new Set();
  const visit = (/** @type {string} */ name) => {
    const { dependencies = {} } = read('libs', found.get(name), 'package.json');
    for (const dependency of Object.keys(dependencies)) if (found.has(dependency) && !sorted.has(dependency)) visit(dependency);
    sorted.add(name);
  };
  for (const name of found.keys()) if (!sorted.has(name)) visit(name);
  return [...sorted].map((name) => ({ name, folder: found.get(name), file: read('libs', found.get(name), 'package.json') }));
};

/** Why these must not go out together. */
const flawsOf = (libs, version) =>
  libs.flatMap(({ name, folder, file }) => {
    const own = Object.entries(file.dependencies ?? {}).filter(([dependency]) => libs.some((lib) => lib.name === dependency));
    return [
      ...(file.version === version ? [] : [`${name} has version ${file.version}, not ${version}`]),
      ...own.filter(([, range]) => range !== `^${version}`).map(([dependency, range]) => `${name} wants ${dependency} ${range}, not ^${version}`),
      ...['README.md', 'LICENSE'].filter((needed) => !existsSync(inRoot('libs', folder, needed))).map((needed) => `${name} has no ${needed}`),
      ...Object.keys(file.scripts ?? {}).map((script) => `${name} has a script, ${script}`),
      ...staleIn(folder).map((stale) => `${name} holds ${stale}, which has no source: run npm run clean`),
    ];
  });

/** Compiled files whose source has gone. */
const staleIn = (/** @type {string} */ folder) =>
  readdirSync(inRoot('libs', folder, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js') && !existsSync(inRoot('libs', folder, 'src', file.replace(/\.js$/, '.ts'))))
    .map((file) => path.join('dist', file));

const flawsOfPublishing = async (version, root) => {
  const { output } = await run('git', ['status', '--porcelain'], { isQuiet: true });
  const isDated = new RegExp(`^## ${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d{2}-\\d{2}\\)$`, 'm').test(
    readFileSync(inRoot('CHANGELOG.md'), 'utf8'),
  );
  return [
    ...(output.trim() === '' ? [] : ['the tree has changes that are not committed']),
    ...(isDated ? [] : [`CHANGELOG.md has no heading "## ${version} (<date>)"`]),
    ...(root.repository ? [] : ['package.json has no "repository", which provenance names']),
  ];
};

const release = async () => {
  const args = process.argv.slice(2);
  if (args.some((arg) => arg !== '--publish')) {
    say(HELP);
    return args.every((arg) => arg === '--help') ? 0 : 2;
  }
  const isPublished = args.length > 0;
  await prepare();
  const root = read('package.json');
  const libs = libraries();
  const flaws = [...flawsOf(libs, root.version), ...(isPublished ? await flawsOfPublishing(root.version, root) : [])];
  if (flaws.length > 0) throw new Refusal(`Nothing was published:\n${flaws.map((flaw) => `  ${flaw}`).join('\n')}`);
  const folder = inRoot('dist', 'packages');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, folder: lib } of libs) {
    const packed = await run(npm, ['pack', '--silent', '-w', `libs/${lib}`, '--pack-destination', folder], { isQuiet: true });
    if (packed.code !== 0) throw new Refusal(`${name} cannot be packed:\n${packed.output}`);
  }
  for (const { name } of libs) {
    const tarball = path.join(folder, `${name.replace('@', '').replace('/', '-')}-${root.version}.tgz`);
    const how = isPublished ? ['--provenance'] : ['--dry-run'];
    const published = await run(npm, ['publish', tarball, '--access', 'public', ...how], { isQuiet: true });
    if (published.code !== 0) throw new Refusal(`${name} cannot be published:\n${published.output}`);
    say(`${isPublished ? 'Published' : 'Would publish'} ${name} ${root.version}`);
  }
  return 0;
};

await runMain(release);
