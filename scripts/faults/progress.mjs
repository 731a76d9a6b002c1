// What a run of the fault ring has shown so far, for one state of the sources and one choice of counts: the next run
// goes on.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../child.mjs';
import { inRoot } from '../repository.mjs';

/** @typedef {{ passed: number, failed: number, seconds: number }} Outcome */

const file = inRoot('.cache', 'faults.json');

/** The commit and the changes since; undefined if Git does not know this folder. */
export const stateOfSources = async () => {
  const git = (/** @type {readonly string[]} */ args) => run('git', args, { isQuiet: true }).catch(() => ({ code: 1, output: '' }));
  const [commit, changes] = await Promise.all([git(['rev-parse', 'HEAD']), git(['diff', 'HEAD'])]);
  if (commit.code !== 0 || changes.code !== 0) return undefined;
  return { commit: commit.output.trim(), key: digestOf(commit.output + changes.output) };
};

export const digestOf = (/** @type {string} */ text) => createHash('sha256').update(text).digest('hex');

/** The passed parts of the same key. */
export class Progress {
  /** @type {Record<string, Outcome>} */
  #passed = {};

  /** @param {string | undefined} key nothing is kept without one */
  constructor(key) {
    this.key = key;
    try {
      const kept = JSON.parse(readFileSync(file, 'utf8'));
      if (key !== undefined && kept.key === key) this.#passed = kept.passed;
    } catch (error) {
      // There is none yet, or it was cut off: then everything runs.
      if (error.code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    }
  }

  /** @returns {Outcome | undefined} */
  of(/** @type {string} */ name) {
    return this.#passed[name];
  }

  keep(/** @type {string} */ name, /** @type {Outcome} */ outcome) {
    this.#passed[name] = outcome;
    if (this.key === undefined) return;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ key: this.key, passed: this.#passed }));
  }

  forget() {
    this.#passed = {};
    rmSync(file, { force: true });
  }
}
