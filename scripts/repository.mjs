// Where things are in this repository. No dependencies: this runs before anything is installed, on any Node from 20.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** @param {string[]} segments below the repository's folder */
export const inRoot = (...segments) => path.join(root, ...segments);

/** The Node that everything runs on, brought by the npm package `node`. */
export const repositoryNode = inRoot('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** A failure with a message for the person at the keyboard: no stack is shown. */
export class Refusal extends Error {}

/** @param {string} text one line of what is going on, on stderr, so that stdout stays the program's own */
export const say = (text) => process.stderr.write(`${text}\n`);

/** @param {number} startedAt value of performance.now() */
export const elapsed = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

/**
 * Runs a script's main function; a refusal ends the process with its message, anything else with its stack.
 * @param {() => Promise<number>} main gives the exit code
 */
export const runMain = async (main) => {
  try {
    process.exitCode = await main();
  } catch (error) {
    say(error instanceof Refusal ? error.message : String(error?.stack ?? error));
    process.exitCode = 1;
  }
};
