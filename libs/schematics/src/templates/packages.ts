// package.json of an application, and the other files that tools read.
import { serversOf, type ApplicationModel, type PackageSources } from '../request/application-model.js';

const ALWAYS = ['aggregate', 'cli', 'embedded', 'event-store', 'nest', 'process', 'projection', 'sql'];
const ADAPTERS: Readonly<Record<string, string>> = { eventstoredb: 'eventstoredb', redis: 'redis', opensearch: 'opensearch' };

const LIBRARIES: Readonly<Record<string, string>> = {
  '@nestjs/common': '^12.0.0',
  '@nestjs/core': '^12.0.0',
  '@nestjs/cqrs': '^12.0.0',
  '@nestjs/platform-express': '^12.0.0',
  '@nestjs/terminus': '^12.1.0',
  'class-transformer': '^0.5.1',
  'class-validator': '^0.15.1',
  'reflect-metadata': '^0.2.2',
  rxjs: '^7.8.2',
  typeorm: '^1.1.1',
};
const DRIVERS: Readonly<Record<string, Readonly<Record<string, string>>>> = { postgres: { pg: '^8.23.1' }, mariadb: { mysql2: '^3.24.6' } };
const TOOLS: Readonly<Record<string, string>> = { '@types/node': '^24.0.0', oxlint: '^1.89.0', typescript: '~6.0.3', vitest: '^4.1.12' };

/** Mainstem's packages that the application needs, the tools last. */
export const ownPackages = (model: ApplicationModel): { readonly dependencies: readonly string[]; readonly tools: readonly string[] } => {
  const adapters = [...serversOf(model).flatMap((server) => ADAPTERS[server] ?? []), ...(model.eventStore === 'postgres' ? ['postgres'] : [])];
  return { dependencies: [...ALWAYS, ...adapters].map((name) => `@mainstem/${name}`), tools: ['@mainstem/schematics', '@mainstem/testing'] };
};

export const packageFile = (model: ApplicationModel, { versionOf }: PackageSources): string => {
  const { dependencies, tools } = ownPackages(model);
  const own = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, versionOf(name)]));
  const drivers = Object.assign({}, ...serversOf(model).map((server) => DRIVERS[server] ?? {})) as Readonly<Record<string, string>>;
  const start = (app: string): string => `npm run --silent build && ${NODE} dist/${app}/main.js`;
  return json({
    name: model.name,
    version: '0.1.0',
    private: true,
    type: 'module',
    engines: { node: '^22.22.3 || ^24.15.0 || >=26' },
    imports: { '#src/*.js': './dist/src/*.js', '#apps/*.js': './dist/apps/*.js' },
    scripts: {
      start: start('apps/all-in-one/src'),
      'start:command-side': start('src'),
      'start:sql-projector': start('apps/sql-projector/src'),
      'start:cache-projector': start('apps/cache-projector/src'),
      'start:search-projector': start('apps/search-projector/src'),
      'start:query-api': start('apps/query-api/src'),
      build: 'tsc',
      clean: `node -e "require('fs').rmSync('dist',{recursive:true,force:true})"`,
      lint: 'oxlint --deny-warnings',
      // A spec whose source is gone is not run. A start leaves dist alone: other processes start from it.
      test: 'npm run --silent clean && npm run --silent build && vitest run',
    },
    dependencies: byName({ ...own(dependencies), ...LIBRARIES, ...drivers }),
    devDependencies: byName({ ...own(tools), ...TOOLS }),
    mainstem: { application: './dist/apps/mainstem.application.js' },
  });
};

/** SQLite in Node still warns that it is experimental. */
const NODE = 'node --disable-warning=ExperimentalWarning';

const byName = (entries: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(entries).toSorted(([left], [right]) => (left < right ? -1 : 1)));

/** Short lists on one line. */
const json = (value: unknown): string =>
  `${JSON.stringify(value, undefined, 2).replaceAll(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, (_, items: string) => `[${items.replaceAll(/,\n\s+/g, ', ')}]`)}\n`;

export const PRETTIER = json({ printWidth: 150, singleQuote: true });

export const TSCONFIG = json({
  compilerOptions: {
    target: 'ES2023',
    module: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    strictPropertyInitialization: false,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    sourceMap: true,
    incremental: true,
    types: ['node'],
    rootDir: '.',
    outDir: 'dist',
  },
  include: ['src/**/*.ts', 'apps/**/*.ts', 'test/**/*.ts'],
});

const project = (root: string, sourceRoot: string, entryFile: string) => ({
  type: 'application',
  root,
  sourceRoot,
  entryFile,
  compilerOptions: { tsConfigPath: 'tsconfig.json' },
});

export const nestCli = (name: string): string =>
  json({
    $schema: 'https://json.schemastore.org/nest-cli',
    collection: '@nestjs/schematics',
    monorepo: true,
    root: '.',
    sourceRoot: 'src',
    compilerOptions: { tsConfigPath: 'tsconfig.json' },
    projects: {
      [name]: project('.', 'src', 'src/main'),
      ...Object.fromEntries(
        ['all-in-one', 'sql-projector', 'cache-projector', 'search-projector', 'query-api'].map((app) => [
          app,
          project(`apps/${app}`, `apps/${app}/src`, `apps/${app}/src/main`),
        ]),
      ),
    },
  });

export const OXLINT = json({
  $schema: './node_modules/oxlint/configuration_schema.json',
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise'],
  categories: { correctness: 'error' },
  ignorePatterns: ['dist', 'packages'],
  rules: { eqeqeq: ['error', 'always', { null: 'ignore' }], 'no-var': 'error', 'typescript/no-explicit-any': 'error' },
});

export const VITEST = `// The specs run as they are built: npm test compiles first.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['dist/**/*.spec.js'], setupFiles: ['reflect-metadata'], testTimeout: 20_000, hookTimeout: 60_000 } });
`;

export const GITIGNORE = `node_modules/
dist/
.mainstem/
.env
*.tsbuildinfo
`;

export const DOCKERIGNORE = `node_modules
dist
.git
.mainstem
.env
`;
