// The places of things in this repository. No dependencies: this runs before any installation, on any Node from 20.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** @param {string[]} segments below the repository's folder */
export const inRoot = (...segments) => path.join(root, ...segments);

/** The Node that runs everything; the npm package `node` installs it. */
export const repositoryNode = inRoot('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** A failure with a message for the user: no stack is shown. */
export class Refusal extends Error {}

/** @param {string} text one line about the progress, on stderr, so that stdout belongs to the program */
export const say = (text) => process.stderr.write(`${text}\n`);

/** @param {number} startedAt value of performance.now() */
export const elapsed = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

/**
 * Runs a script's main function; a refusal ends the process with its message, any other error with its stack.
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
