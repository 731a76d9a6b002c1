// All set-up of a command on a fresh clone: packages, the repository's Node, the build. Fast if nothing is to do.
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { build, isBuilt } from './build.mjs';
import { checkNode, install, missingPackages } from './install.mjs';
import { inRoot, Refusal, say } from './repository.mjs';

const WAIT_MAX_MS = 15 * 60_000;
const WAIT_STEP_MS = 250;
const lockFile = inRoot('.prepare.lock');

/**
 * Errors: a refusal that says what is missing and how to get it.
 * @param {{ isBuildNeeded?: boolean }} [options] without a build for commands that compile by themselves
 */
export const prepare = async ({ isBuildNeeded = true } = {}) => {
  if (missingPackages().length === 0 && (!isBuildNeeded || isBuilt())) return void (await checkNode());
  await locked(async () => {
    const missing = missingPackages();
    if (missing.length > 0) await install(missing);
    const { version, sqlite } = await checkNode();
    say(`Running on the repository's own Node ${version} with SQLite ${sqlite}.`);
    if (isBuildNeeded && !isBuilt()) await build();
  });
};

// Several applications may start at once on a fresh clone: one installs and builds, the others wait.
const locked = async (/** @type {() => Promise<void>} */ work) => {
  await lock();
  try {
    await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
};

const lock = async () => {
  const deadline = performance.now() + WAIT_MAX_MS;
  for (let isFirst = true; performance.now() < deadline; isFirst = false) {
    if (tryLock()) return;
    if (isFirst) say('Another process is installing or building; waiting for it …');
    await pause(WAIT_STEP_MS);
  }
  throw new Refusal(`Another process has been preparing for too long. If there is none, delete ${lockFile}.`);
};

const tryLock = () => {
  try {
    const file = openSync(lockFile, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isHeld()) rmSync(lockFile, { force: true });
    return false;
  }
};

const isHeld = () => {
  try {
    const holder = Number(readFileSync(lockFile, 'utf8'));
    if (holder > 0) process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};
