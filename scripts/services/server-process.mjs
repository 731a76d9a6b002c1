// A private server as a child process: awaited until it answers, stopped or killed, never left behind.
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

/** Servers to end with this process, however it ends. */
const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * @param {object} server
 * @param {string} server.program
 * @param {readonly string[]} server.args
 * @param {import('node:child_process').SpawnOptions} [server.options]
 * @param {() => Promise<string>} server.ask its version, once it is up; rejects until then
 * @param {number} server.startTimeoutMs
 * @param {number} server.pollMs
 * @param {number} server.stopTimeoutMs after which it is killed
 * @param {NodeJS.Signals} [server.stopSignal] ends it in order
 * @param {() => void} [server.stopped] called after `stop`, not after `kill`
 * @returns {Promise<{ version: string, pid: number, stop: () => Promise<void>, kill: () => Promise<void> }>}
 *   Errors: says why it is not up; then it is stopped.
 */
export const startServer = async ({
  program,
  args,
  options = {},
  ask,
  startTimeoutMs,
  pollMs,
  stopTimeoutMs,
  stopSignal = 'SIGTERM',
  stopped = () => {},
}) => {
  const child = spawn(program, args, { stdio: 'ignore', ...options });
  let end;
  const ended = new Promise((resolve) => {
    child.once('exit', () => resolve((end ??= 'ended at once')));
    child.once('error', (error) => resolve((end ??= error.code === 'ENOENT' ? 'is not installed' : `cannot be started: ${error.message}`)));
  });
  running.add(child);
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
    running.delete(child);
  };
  const stop = async () => {
    child.kill(stopSignal);
    await Promise.race([ended, pause(stopTimeoutMs, undefined, { ref: false })]);
    await kill();
    stopped();
  };
  const untilUp = async () => {
    const deadline = performance.now() + startTimeoutMs;
    while (performance.now() < deadline && end === undefined) {
      try {
        return await ask();
      } catch {
        await Promise.race([ended, pause(pollMs)]); // not up yet; the deadline decides
      }
    }
    throw new Error(`${program} ${end ?? `did not answer within ${startTimeoutMs} ms`}`);
  };
  try {
    return { version: await untilUp(), pid: child.pid ?? 0, stop, kill };
  } catch (error) {
    await stop();
    throw error;
  }
};

/**
 * A running server, else a private one.
 * @param {object} wanted
 * @param {string} wanted.name
 * @param {string} wanted.variable that names one which must answer
 * @param {readonly string[]} wanted.local URLs to try
 * @param {(url: string) => Promise<string>} wanted.versionOf
 * @param {() => Promise<{ url: string, version: string, origin?: string, stop: () => Promise<void> }>} wanted.start
 * @returns {Promise<Service>} Errors: says what was tried.
 *
 * @typedef {{ name: string, found: string, env: Record<string, string>, isOwn: boolean, stop: () => Promise<void> }}
 * Service what the tests get to know about it
 */
export const findServer = async ({ name, variable, local, versionOf, start }) => {
  const service = (found, url, stop) => ({
    name,
    found: `${name} ${found}`,
    env: { [variable]: url },
    isOwn: Boolean(stop),
    stop: stop ?? (async () => {}),
  });
  const given = process.env[variable];
  if (given) {
    const version = await versionOf(given).catch((error) =>
      Promise.reject(new Error(`${variable} is set, but no server answers there: ${error.message || error.code}`)),
    );
    return service(`${version} from ${variable}`, given);
  }
  const tried = [];
  for (const url of local) {
    try {
      return service(`${await versionOf(url)} at ${new URL(url).host}`, url);
    } catch (error) {
      tried.push(`${url}: ${error.message || error.code}`);
    }
  }
  const own = await start().catch((error) => Promise.reject(new Error(`${tried.join('; ')}; own server: ${error.message}`)));
  return service(`${own.version} of our own at ${own.url}${own.origin ? `, from ${own.origin}` : ''}`, own.url, own.stop);
};
