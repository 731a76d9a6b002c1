// The parts of the fault ring, found from the files: specs of its own folders, specs of other rings that take a count
// or can show more, and mutants. Specs that choose stores are one part for each store.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isSlow, mutants } from '../../test/mutants/mutants.mjs';
import { inRoot, root } from '../repository.mjs';
import { rings } from '../rings.mjs';

/**
 * @typedef {object} Part
 * @property {string} name told by the runner; a part of it chooses
 * @property {string} promise what it shows
 * @property {readonly string[]} [specs] run by Vitest
 * @property {readonly string[]} [mutants] by name
 * @property {NodeJS.ProcessEnv} env
 * @property {string} [service] the variable that names the server it needs
 */

/** Mutants of the same suites share one run that shows that these suites pass without a fault. */
const MUTANTS_MAX = 8;
const MUTANTS_OF_SLOW_SUITES_MAX = 2;
const HISTORIES = 300;
/** The servers of those stores in test/chaos/stores that have one. */
const SERVICES = { postgres: 'DATABASE_URL', mariadb: 'MARIADB_URL', redis: 'REDIS_URL', opensearch: 'OPENSEARCH_URL' };

/** Counts for all parts: FULL=1 sets those of a release; each can also be set by itself. */
export const countsFrom = (/** @type {NodeJS.ProcessEnv} */ { FULL, CHAOS_TRIALS, PROPERTY_RUNS }) => ({
  trials: CHAOS_TRIALS || (FULL ? '10' : undefined),
  histories: PROPERTY_RUNS || (FULL ? '1000' : String(HISTORIES)),
});

/** @returns {readonly Part[]} each with its own name */
export const partsOf = (/** @type {NodeJS.ProcessEnv} */ environment) => {
  const { trials, histories } = countsFrom(environment);
  const chaos = trials === undefined ? {} : { CHAOS_TRIALS: trials };
  return [
    ...rings.faults.flatMap((project) => specsBelow(path.join('test', project))).flatMap((spec) => ofEachStore(spec, chaos, environment.STORES)),
    ...specsThatRead('PROPERTY_RUNS').map((spec) => ofSpec(`${spec} with ${histories} histories`, spec, { PROPERTY_RUNS: histories })),
    ...specsThatRead('FULL').map((spec) => ofSpec(`${spec} in full`, spec, { FULL: '1' })),
    ...partsOfMutants(),
  ];
};

const ofSpec = (/** @type {string} */ name, /** @type {string} */ spec, /** @type {NodeJS.ProcessEnv} */ env) => ({
  name,
  promise: roleOf(read(spec)),
  specs: [spec],
  env,
});

/** One part for each store of the spec, so that no part takes long; one part for a spec without stores. */
const ofEachStore = (/** @type {string} */ spec, /** @type {NodeJS.ProcessEnv} */ env, /** @type {string | undefined} */ wanted) => {
  const [isChosen, named] = /storesToTest\((?:\[(.*?)\])?\)/.exec(read(spec)) ?? [];
  if (isChosen === undefined) return [ofSpec(spec, spec, env)];
  const stores = named === undefined ? allStores() : [...named.matchAll(/'(\w+)'/g)].map(([, store = '']) => store);
  const chosen = wanted ? stores.filter((store) => wanted.split(',').includes(store)) : stores;
  return chosen.map((store) => ({ ...ofSpec(`${spec} on ${store}`, spec, { ...env, STORES: store }), service: SERVICES[store] }));
};

const allStores = () =>
  readdirSync(inRoot('test', 'chaos', 'stores')).flatMap((file) =>
    read(path.join('test', 'chaos', 'stores', file)).match(/^export const store\b/m) ? [path.basename(file, '.ts')] : [],
  );

/** The comment at the beginning of a file. */
const roleOf = (/** @type {string} */ source) => {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('// '));
  return lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join(' ');
};

/** Specs of the other rings that take a count from this variable, directly or through a fixture. */
const specsThatRead = (/** @type {string} */ variable) => {
  const isCount = (/** @type {string} */ source) => source.includes(`process.env['${variable}']`) || source.includes(`numberFrom('${variable}')`);
  const others = [...rings.check, ...rings.test].filter((project) => project !== 'unit').map((project) => path.join('test', project));
  return ['libs', 'src', 'apps', ...others].flatMap(specsBelow).filter((spec) => {
    const source = read(spec);
    return isCount(source) || fixturesOf(spec, source).some((fixture) => isCount(read(fixture)));
  });
};

const fixturesOf = (/** @type {string} */ spec, /** @type {string} */ source) =>
  [...source.matchAll(/from '(\.\.?\/[^']*\.fixtures)\.js'/g)].map(([, fixture]) => path.join(path.dirname(spec), `${fixture}.ts`));

const specsBelow = (/** @type {string} */ folder) =>
  readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts') && !/(^|[\\/])(node_modules|dist)[\\/]/.test(file))
    .map((file) => path.join(folder, file).split(path.sep).join('/'))
    .sort();

const read = (/** @type {string} */ file) => readFileSync(path.join(root, file), 'utf8');

/** @returns {readonly Part[]} */
const partsOfMutants = () =>
  [...new Set(mutants.map(({ suites }) => suites.join(' ')))].flatMap((suites) => {
    const all = mutants.filter((mutant) => mutant.suites.join(' ') === suites);
    const count = Math.ceil(all.length / (all.some((mutant) => mutant.suites.some(isSlow)) ? MUTANTS_OF_SLOW_SUITES_MAX : MUTANTS_MAX));
    return Array.from({ length: count }, (_, place) => {
      const names = all.filter((_mutant, index) => index % count === place).map(({ name }) => name);
      return {
        name: `mutants of ${suites}${count > 1 ? ` (${place + 1} of ${count})` : ''}`,
        promise: `These suites notice: ${names.join('; ')}.`,
        mutants: names,
        env: {},
      };
    });
  });
