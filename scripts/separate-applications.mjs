// Every application as a separate process: started together, named in the output, stopped in order.
import { ApplicationProcess, isHealthy } from './application-process.mjs';
import { whenAskedToStop } from './child.mjs';
import { inRoot, Refusal, say } from './repository.mjs';

const READY_TIMEOUT_MS = 60_000;
const APPEND_BYTES_MAX = 16 * 1_048_576;
const WEB = /(?:Commands|Queries|Health): (http:\/\/[^\s/]+:\d+)/;
const EVENT_STORE = { name: 'event-store', port: 2_113, healthPort: 2_114, listening: /(esdb:\/\/\S+?),/ };
const APPLICATIONS = [
  { name: 'command-side', port: 3_000, entry: ['src', 'main.js'] },
  { name: 'sql-projector', port: 3_002 },
  { name: 'cache-projector', port: 3_003 },
  { name: 'search-projector', port: 3_004 },
  { name: 'query-api', port: 3_001 },
];
const POLICIES = { name: 'policies', port: 3_005 };
/** First the processes that take requests, then those that follow, and last the event store. */
const STOPPING_ORDER = [['command-side', 'query-api'], ['sql-projector', 'cache-projector', 'search-projector', 'policies'], ['event-store']];
const NAME_WIDTH = 16;
const COLOURS = {
  'event-store': 33,
  'command-side': 32,
  'sql-projector': 36,
  'cache-projector': 35,
  'search-projector': 34,
  'query-api': 31,
  policies: 37,
};

/** All applications over one event store. */
export class SeparateApplications {
  /** @type {Map<string, ApplicationProcess>} */
  #processes = new Map();
  #isStopping = false;
  #stopped = withResolvers();

  /** @param {{ dir: string, isOnFreePorts: boolean }} settings */
  constructor({ dir, isOnFreePorts }) {
    this.dir = dir;
    this.applications = process.env.POLICIES === 'on' ? [...APPLICATIONS, POLICIES] : APPLICATIONS;
    this.portOf = (/** @type {number} */ port) => String(isOnFreePorts ? 0 : port);
  }

  /** Resolves with the exit code when all have ended. */
  async run() {
    const endWatch = whenAskedToStop(() => void this.#stop());
    let code = 0;
    try {
      await this.#start();
    } catch (error) {
      if (!this.#isStopping) {
        say(error instanceof Refusal ? error.message : String(error?.stack ?? error));
        code = 1;
        void this.#stop();
      }
    }
    await this.#stopped.promise;
    endWatch();
    return code;
  }

  async #start() {
    const given = process.env.EVENT_STORE;
    const eventStore = given && given !== 'embedded' ? given : await this.#startEventStore();
    // Settings of one process must not reach all others.
    const env = { ...plainEnvironment(), EVENT_STORE: eventStore, PORT: '' };
    for (const { name, port, entry = ['apps', name, 'src', 'main.js'] } of this.applications) {
      this.#spawn({ name, entry: inRoot('dist', ...entry), args: ['--dir', this.dir, '--port', this.portOf(port)], env, listening: WEB });
    }
    const urls = new Map();
    for (const { name } of this.applications) urls.set(name, await this.#processes.get(name)?.listening());
    const isOver = () => this.#isStopping;
    const ready = await Promise.all(
      [...urls].map(async ([name, url]) => [name, await isHealthy(`${url}/health/ready`, { timeoutMs: READY_TIMEOUT_MS, isOver })]),
    );
    if (this.#isStopping) return;
    this.#summarise(
      urls,
      given ? undefined : eventStore,
      ready.flatMap(([name, isReady]) => (isReady ? [] : [name])),
    );
  }

  async #startEventStore() {
    const { name, port, healthPort, listening } = EVENT_STORE;
    const args = [
      '--dir',
      this.dir,
      '--port',
      this.portOf(port),
      '--health-port',
      this.portOf(healthPort),
      '--max-append-size',
      String(APPEND_BYTES_MAX),
    ];
    const env = { ...plainEnvironment(), PORT: '' };
    const application = this.#spawn({ name, entry: inRoot('dist', 'apps', name, 'src', 'main.js'), args, env, listening });
    return application.listening();
  }

  #spawn(options) {
    if (this.#isStopping) throw new Refusal('Stopped.');
    const application = new ApplicationProcess({ ...options, print, onEnd: (ended, how) => this.#hasEnded(ended, how) });
    this.#processes.set(options.name, application);
    return application;
  }

  #hasEnded({ name }, /** @type {string} */ how) {
    const isLast = [...this.#processes.values()].every(({ hasEnded }) => hasEnded);
    // The string may hold a password: only our own string, without one, is shown.
    const eventStore = name === EVENT_STORE.name ? undefined : this.#processes.get(EVENT_STORE.name)?.address;
    const command = `${eventStore ? `EVENT_STORE='${eventStore}' ` : ''}npm run start:${name} -- --dir ${this.dir}`;
    print(name, `${how}. The others go on; start it again with: ${command}`);
    if (isLast) void this.#stop();
  }

  #summarise(urls, eventStore, notReady) {
    const rows = [...urls].map(([name, url]) => `  ${name.padEnd(NAME_WIDTH)}  ${url}  (process ${this.#processes.get(name)?.pid})`);
    if (eventStore) rows.unshift(`  ${EVENT_STORE.name.padEnd(NAME_WIDTH)}  ${eventStore}  (process ${this.#processes.get(EVENT_STORE.name)?.pid})`);
    const state = notReady.length === 0 ? 'All processes are ready' : `Not ready yet: ${notReady.join(', ')}`;
    const importing = eventStore
      ? [`  Import: EVENT_STORE='${eventStore}' npx mainstem --dir ${this.dir} import data/online-retail/sample.ndjson`]
      : [];
    console.log(['', `${state}; data in ${this.dir}`, ...rows, '', ...importing, '  Ctrl-C stops them in order.', ''].join('\n'));
  }

  /** Stops them in order; when called again, at once. */
  async #stop() {
    if (this.#isStopping) {
      for (const application of this.#processes.values()) application.kill();
      return;
    }
    this.#isStopping = true;
    for (const names of STOPPING_ORDER) await Promise.all(names.map(async (name) => this.#processes.get(name)?.stop()));
    this.#stopped.resolve();
  }
}

function print(/** @type {keyof typeof COLOURS} */ name, /** @type {string} */ line) {
  const label = name.padEnd(NAME_WIDTH);
  const isColoured = process.stdout.isTTY && !process.env.NO_COLOR;
  process.stdout.write(`${isColoured ? `\u001b[${COLOURS[name]}m${label}\u001b[0m` : label} | ${line}\n`);
}

/** Removes the applications' colours if the output is no terminal. */
function plainEnvironment() {
  return process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' };
}

/** A promise that is resolved from outside; Node 20 has no such function. */
function withResolvers() {
  let resolve = () => {};
  const promise = new Promise((done) => (resolve = () => done(undefined)));
  return { promise, resolve };
}
