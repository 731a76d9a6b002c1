// Child processes: runs one to its end, or runs the application in place of this process.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryNode, root } from './repository.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** npm and the terminal may both deliver one press of Ctrl-C. */
const SAME_SIGNAL_MS = 500;
const PARENT_CHECK_MS = 500;

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, isQuiet?: boolean, isShown?: boolean }} [options] quiet: collect the output;
 * shown: collect and show it
 * @returns {Promise<{ code: number, output: string }>}
 */
export const run = (command, args, { env = process.env, isQuiet = false, isShown = false } = {}) =>
  new Promise((resolve, reject) => {
    const isCollected = isQuiet || isShown;
    const isBatchFile = process.platform === 'win32' && command.endsWith('.cmd');
    const child = spawn(command, args, {
      cwd: root,
      env,
      shell: isBatchFile,
      stdio: ['ignore', isCollected ? 'pipe' : 'inherit', isCollected ? 'pipe' : 'inherit'],
    });
    let output = '';
    const collect = (/** @type {NodeJS.WriteStream} */ shown) => (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
      if (isShown) shown.write(chunk);
    };
    child.stdout?.on('data', collect(process.stdout));
    child.stderr?.on('data', collect(process.stderr));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? (signal ? 1 : 0), output }));
  });

/** @param {readonly string[]} args of the repository's Node */
export const runNode = (args, options = {}) => run(repositoryNode, args, { ...options, env: withRepositoryNode(options.env ?? process.env) });

/**
 * Runs a module on the repository's Node in place of this process. Each signal is passed on once. If the parent process
 * dies, the module is asked to stop, so that no orphan keeps a port or a folder.
 * @param {string} module path of the JavaScript file
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code
 */
export const become = (module, args) =>
  new Promise((resolve, reject) => {
    const stdio = /** @type {const} */ (['inherit', 'inherit', 'inherit', 'ipc']);
    const child = spawn(repositoryNode, applicationArgs(module, args), { env: withRepositoryNode(process.env), stdio });
    const stopForwarding = whenAskedToStop((signal) => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      stopForwarding();
      if (signal) process.kill(process.pid, signal);
      else resolve(code ?? 1);
    });
  });

/**
 * Arguments with which Node runs a module as an application that ends with its parent.
 * @param {string} module path of the JavaScript file
 * @param {readonly string[]} args
 */
export const applicationArgs = (module, args) => {
  const guard = path.join(root, 'scripts', 'stop-with-parent.mjs');
  return ['--disable-warning=ExperimentalWarning', '--import', pathToFileURL(guard).href, module, ...args];
};

/**
 * Calls back for each signal to stop, once for each press, and when the parent process has gone.
 * @param {(signal: NodeJS.Signals) => void} stop
 * @returns {() => void} ends the watch
 */
export const whenAskedToStop = (stop) => {
  const lastAt = new Map();
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    const now = performance.now();
    if (now - (lastAt.get(signal) ?? -SAME_SIGNAL_MS) < SAME_SIGNAL_MS) return;
    lastAt.set(signal, now);
    stop(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  const ancestors = livingAncestors();
  const watch = setInterval(() => livingAncestors() !== ancestors && forward('SIGTERM'), PARENT_CHECK_MS);
  return () => {
    clearInterval(watch);
    for (const signal of FORWARDED) process.off(signal, forward);
  };
};

// npm runs scripts through a shell, which outlives npm: so the grandparent counts, too, if it can be seen.
const livingAncestors = () => {
  try {
    const [, parentOfParent] = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8')) ?? [];
    return `${process.ppid} ${parentOfParent}`;
  } catch {
    return String(process.ppid); // no /proc here, or the parent is just ending
  }
};

/** The environment in which `node` is the repository's Node. */
export const withRepositoryNode = (env) => ({ ...env, PATH: `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${env.PATH ?? ''}` });
