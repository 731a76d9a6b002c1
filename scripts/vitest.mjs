// Runs Vitest on the repository's Node, with the counting reporter.
import { existsSync } from 'node:fs';
import { runNode } from './child.mjs';
import { inRoot, Refusal } from './repository.mjs';

const COUNTS = /^(\d+) passed, (\d+) failed$/gm;

/**
 * Runs Vitest to its end. Errors: a refusal if it is not installed.
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, isShown?: boolean }} [options] env: added to that of this process; shown: collects
 * the output, too
 */
export const runVitest = async (args, { env = {}, isShown = false } = {}) => {
  const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs');
  if (!existsSync(vitest)) throw new Refusal('Vitest is not installed; delete node_modules and run the command again.');
  const reporters = ['--reporter=default', '--reporter=./scripts/counting-reporter.mjs'];
  return runNode(['--disable-warning=ExperimentalWarning', vitest, 'run', ...reporters, ...args], { env: { ...process.env, ...env }, isShown });
};

/**
 * The last "N passed, N failed" of an output; undefined if the run did not reach its end.
 * @param {string} output
 * @returns {{ passed: number, failed: number } | undefined}
 */
export const countsIn = (output) => {
  const last = [...output.matchAll(COUNTS)].at(-1);
  return last && { passed: Number(last[1]), failed: Number(last[2]) };
};
