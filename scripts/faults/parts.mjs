// The parts of the ring of faults, found by what is there: specs of its own folders, random histories of the other rings in greater number,
// the acceptance suites that can take the whole ledger, and mutants. Nobody keeps a list.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { mutants } from '../../test/mutants/mutants.mjs';
import { inRoot, root } from '../repository.mjs';
import { rings } from '../rings.mjs';

/**
 * @typedef {object} Part
 * @property {string} name told by the runner; a part of it chooses
 * @property {string} promise what it shows
 * @property {readonly string[]} [specs] run by Vitest
 * @property {readonly string[]} [mutants] by name
 * @property {NodeJS.ProcessEnv} env
 */

/** Mutants of the same suites share one run that shows these suites to pass without a fault. */
const MUTANTS_MAX = 8;
const HISTORIES = 300;

/** Counts for all parts: FULL=1 is what a release is tried with; each of the others can be given by itself. */
export const countsFrom = (/** @type {NodeJS.ProcessEnv} */ { FULL, CHAOS_TRIALS, PROPERTY_RUNS }) => ({
  trials: CHAOS_TRIALS || (FULL ? '10' : undefined),
  histories: PROPERTY_RUNS || (FULL ? '1000' : String(HISTORIES)),
});

/** @returns {readonly Part[]} each with a name of its own */
export const partsOf = (/** @type {NodeJS.ProcessEnv} */ environment) => {
  const { trials, histories } = countsFrom(environment);
  const chaos = trials === undefined ? {} : { CHAOS_TRIALS: trials };
  return [
    ...rings.faults.flatMap((project) => specsBelow(path.join('test', project))).map((spec) => ofSpec(spec, spec, chaos)),
    ...specsThatRead('PROPERTY_RUNS').map((spec) => ofSpec(`${spec} with ${histories} histories`, spec, { PROPERTY_RUNS: histories })),
    ...specsThatRead('FULL').map((spec) => ofSpec(`${spec} with the whole ledger`, spec, { FULL: '1' })),
    ...partsOfMutants(),
  ];
};

const ofSpec = (/** @type {string} */ name, /** @type {string} */ spec, /** @type {NodeJS.ProcessEnv} */ env) => ({
  name,
  promise: roleOf(read(spec)),
  specs: [spec],
  env,
});

/** The comment that a file begins with. */
const roleOf = (/** @type {string} */ source) => {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('// '));
  return lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join(' ');
};

/** Specs of the other rings that take a count from this variable, by themselves or by a fixture that they import. */
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
  [...Map.groupBy(mutants, ({ suites }) => suites.join(' '))].flatMap(([suites, all]) => {
    const count = Math.ceil(all.length / MUTANTS_MAX);
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
