// The number of trials and their random seed: CHAOS_TRIALS multiplies the counts and lengthens outages, CHAOS_SEED
// repeats a run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, type SeededRandom } from '@mainstem/testing';

const SEED_MAX = 2 ** 31;

const numberFrom = (name: string, fallback: number): number => {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number from 0, got ${text}`);
  return value;
};

/** The seed of this run; printed, so that a failure can be repeated. */
export const seed = numberFrom('CHAOS_SEED', Math.floor(Math.random() * SEED_MAX));

/** `count` times CHAOS_TRIALS (default 1). */
export const trials = (count: number): number => count * numberFrom('CHAOS_TRIALS', 1);

/** CHAOS_TRIALS is set: suites also run what takes long. */
export const isLong = process.env['CHAOS_TRIALS'] !== undefined;

/** How long a server stays away then. */
export const OUTAGE_MS = 30_000;

/** The random numbers of one suite. Prints how to repeat it. */
export const chanceOf = (suite: string): SeededRandom => {
  console.log(`${suite}: CHAOS_SEED=${seed}`);
  return seededRandom(seed).fork(suite);
};

/** A folder for a whole suite, to be removed after it. */
export const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'mainstem-chaos-'));

export const removeFolder = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true });

/** Runs `work` with a temporary folder. */
export const inFolder = async <Result>(work: (dir: string) => Promise<Result>): Promise<Result> => {
  const dir = await makeFolder();
  try {
    return await work(dir);
  } finally {
    await removeFolder(dir);
  }
};
