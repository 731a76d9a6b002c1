// One application as a child process: its output with its name before each line, its health, its end.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { applicationArgs, withRepositoryNode } from './child.mjs';
import { Refusal, repositoryNode } from './repository.mjs';

const POLL_MS = 50;
const LISTEN_TIMEOUT_MS = 60_000;
/** An application ends by itself within fifteen seconds: ten for running requests, five to close everything. */
const STOP_TIMEOUT_MS = 16_000;

export class ApplicationProcess {
  #child;
  /** @type {Promise<void>} */
  #ended;
  #isStopping = false;
  /** @type {string | undefined} the first capture group of `listening` */
  address;

  /**
   * @param {{
   *   name: string, entry: string, args: readonly string[], env: NodeJS.ProcessEnv, listening: RegExp,
   *   print: (name: string, line: string) => void, onEnd: (application: ApplicationProcess, how: string) => void }} options
   *   `listening` finds the address in the output; `onEnd` hears of an unexpected end
   */
  constructor({ name, entry, args, env, listening, print, onEnd }) {
    this.name = name;
    // In a group of its own: Ctrl-C reaches only this process, which stops the applications one by one.
    const child = spawn(repositoryNode, applicationArgs(entry, args), {
      env: withRepositoryNode(env),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.address ??= listening.exec(line)?.[1];
        print(name, line);
      });
    }
    this.#ended = new Promise((resolve) => {
      const end = (/** @type {string} */ how) => {
        if (!this.#isStopping) onEnd(this, how);
        resolve();
      };
      child.once('error', (error) => end(error.message));
      // Not at its `exit`: some of its lines may not have been read by then.
      child.once('close', (code, signal) => end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get hasEnded() {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves with its address. Errors: a refusal if it ends first, or takes too long. */
  async listening() {
    for (const deadline = performance.now() + LISTEN_TIMEOUT_MS; this.address === undefined; await pause(POLL_MS)) {
      if (this.hasEnded) throw new Refusal(`${this.name} did not start; its output is above.`);
      if (performance.now() > deadline) throw new Refusal(`${this.name} does not listen after ${LISTEN_TIMEOUT_MS / 1_000} s.`);
    }
    return this.address;
  }

  /** Asks it to stop, and kills it if it does not. */
  async stop() {
    this.#isStopping = true;
    if (this.hasEnded) return;
    this.#child.kill('SIGTERM');
    const last = setTimeout(() => this.kill(), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(last);
  }

  /** Kills it at once; the stores survive that. */
  kill() {
    this.#isStopping = true;
    if (!this.hasEnded) this.#child.kill('SIGKILL');
  }
}

/**
 * Resolves with true as soon as the address answers that all is well; with false after the timeout, or when `isOver`
 * says so.
 * @param {string} url
 * @param {{ timeoutMs: number, isOver: () => boolean }} options
 */
export const isHealthy = async (url, { timeoutMs, isOver }) => {
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline && !isOver(); await pause(POLL_MS * 2)) {
    try {
      if ((await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok) return true;
    } catch {
      // Not there yet.
    }
  }
  return false;
};
