// `npm run test:mutants`: shows that the suites notice faults. Each argument is a part of a name, or, with `=`, a whole
// name, and chooses mutants; none chooses all. Exit code 1 if one survives, or cannot be judged.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { repositoryNode, runMain, say } from '../../scripts/repository.mjs';
import { findServices } from '../../scripts/services/services.mjs';
import { isSlow, mutants } from './mutants.mjs';
import { copyTree, removeTree } from './tree-copy.mjs';

const SUITE_TIMEOUT_MS = 150_000;
/** Of suites that start servers or processes again and again. */
const SLOW_SUITE_TIMEOUT_MS = 600_000;
const LANES_MAX = 4;
const OUTPUT_SHOWN = 6_000;
/** A failure that does not come again was chance, not the mutant: then everything runs once more. */
const ATTEMPTS_MAX = 3;

/** @typedef {import('./mutants.mjs').Mutant} Mutant */
/** @typedef {{ name: string, verdict: 'killed' | 'killed (time limit)' | 'NOT JUDGED' | 'SURVIVED', seconds: number, by: string }} Result */

const main = async () => {
  const words = process.argv.slice(2);
  const isMeant = (/** @type {string} */ name) => words.some((word) => (word.startsWith('=') ? name === word.slice(1) : name.includes(word)));
  const chosen = mutants.filter(({ name }) => words.length === 0 || isMeant(name));
  const services = await findServices();
  const trees = Array.from({ length: Math.min(LANES_MAX, Math.max(1, cpus().length), chosen.length) }, copyTree);
  const cleanUp = () => trees.forEach(removeTree);
  process.once('exit', cleanUp);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  try {
    if (!(await isSound(trees[0] ?? '', chosen, services.env))) return 1;
    /** @type {Result[]} */
    const results = [];
    const waiting = [...chosen];
    const lane = async (/** @type {string} */ tree) => {
      for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
        const result = await judge(tree, mutant, services.env);
        results.push(result);
        console.log(
          `${result.verdict.padEnd(20)} ${result.seconds.toFixed(0).padStart(4)} s  ${result.name}${result.by && `\n${' '.repeat(29)}by: ${result.by}`}`,
        );
      }
    };
    await Promise.all(trees.map(lane));
    const survivors = results.filter(({ verdict }) => !verdict.startsWith('killed'));
    console.log(`\n${results.length - survivors.length} of ${results.length} mutants killed`);
    console.log(`\n${results.length - survivors.length} passed, ${survivors.length} failed`);
    return survivors.length === 0 ? 0 : 1;
  } finally {
    await services.stop();
    cleanUp();
  }
};

/** A suite that fails anyway would kill every mutant. */
const isSound = async (/** @type {string} */ tree, /** @type {readonly Mutant[]} */ chosen, /** @type {Record<string, string>} */ env) => {
  for (const mutant of chosen) mutated(tree, mutant);
  const suites = [...new Set(chosen.flatMap((mutant) => mutant.suites))];
  say(`Without a fault: ${suites.join(' ')}`);
  const limitMs = suites.reduce((sum, suite) => sum + limitOf([suite]), 0);
  const { code, isLate, output } = await runSuites(tree, suites, env, limitMs);
  if (code !== 0) console.log(`The suites ${isLate ? 'do not end in time' : 'fail'} without a fault in the sources:\n${output.slice(-OUTPUT_SHOWN)}`);
  return code === 0;
};

/** The file with the fault in it. Errors: RangeError unless the text occurs exactly once: the source has changed. */
const mutated = (/** @type {string} */ tree, /** @type {Mutant} */ { name, file, from, to }) => {
  const source = readFileSync(path.join(tree, file), 'utf8');
  if (source.split(from).length !== 2) throw new RangeError(`mutant "${name}": ${file} must hold this text once: ${from}`);
  return { source, fault: source.replace(from, () => to) };
};

/** @returns {Promise<Result>} */
const judge = async (/** @type {string} */ tree, /** @type {Mutant} */ mutant, /** @type {Record<string, string>} */ env) => {
  const file = path.join(tree, mutant.file);
  const { source, fault } = mutated(tree, mutant);
  const startedAt = performance.now();
  writeFileSync(file, fault);
  try {
    let { verdict, by } = await verdictOf(tree, mutant, env);
    if (verdict === 'killed (time limit)') {
      // Unless they need that long anyway.
      writeFileSync(file, source);
      if ((await runSuites(tree, mutant.suites, env)).isLate) verdict = 'NOT JUDGED';
    }
    return { name: mutant.name, verdict, seconds: (performance.now() - startedAt) / 1_000, by };
  } finally {
    writeFileSync(file, source);
  }
};

/** @returns {Promise<Pick<Result, 'verdict' | 'by'>>} */
const verdictOf = async (/** @type {string} */ tree, /** @type {Mutant} */ mutant, /** @type {Record<string, string>} */ env) => {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const { code, isLate, output } = await runSuites(tree, mutant.suites, env);
    const by = firstFailure(output);
    if (isLate) return { verdict: 'killed (time limit)', by };
    if (code === 0) break;
    const [file] = /[^ ]+\.spec\.ts/.exec(by) ?? [];
    if (file === undefined || (await runSuites(tree, [file], env)).code !== 0) return { verdict: 'killed', by };
  }
  return { verdict: 'SURVIVED', by: '' };
};

/** The test that noticed. */
const firstFailure = (/** @type {string} */ output) => /^ *FAIL +(.*)$/m.exec(output)?.[1] ?? '';

const limitOf = (/** @type {readonly string[]} */ suites) => (suites.some(isSlow) ? SLOW_SUITE_TIMEOUT_MS : SUITE_TIMEOUT_MS);

const runSuites = async (
  /** @type {string} */ tree,
  /** @type {readonly string[]} */ suites,
  /** @type {Record<string, string>} */ env,
  limitMs = limitOf(suites),
) => {
  const vitest = path.join(tree, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [
    '--disable-warning=ExperimentalWarning',
    vitest,
    'run',
    '--project',
    'unit',
    '--project',
    'contract',
    '--project',
    'chaos',
    '--bail=1',
    '--reporter=dot',
    ...suites,
  ];
  const child = spawn(repositoryNode, args, {
    cwd: tree,
    env: { ...process.env, ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    // The whole group: the suites start processes of their own.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, limitMs);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code, isLate, output };
};

await runMain(main);
