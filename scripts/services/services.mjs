// The services that tests need besides Node: found or started, announced, and passed to the tests as environment
// variables.
import { Refusal, say } from '../repository.mjs';
import { rings } from '../rings.mjs';
import { readKept } from './kept-services.mjs';
import { findMariadb } from './mariadb.mjs';
import { findOpenSearch } from './opensearch.mjs';
import { findPostgres } from './postgres.mjs';
import { findRedis } from './redis.mjs';

const finders = [
  { name: 'PostgreSQL', find: findPostgres },
  { name: 'MariaDB', find: findMariadb },
  { name: 'Redis', find: findRedis },
  // Takes seconds to start, and a gigabyte.
  { name: 'OpenSearch', find: findOpenSearch, isLarge: true },
];

/** Suites that use OpenSearch. */
const LARGE_SUITES = [...rings.test, ...rings.faults];

/**
 * The running services, as environment variables for the tests. A missing one is left out, and under CI it is an error.
 * @param {readonly string[]} args of Vitest: what they do not run needs no service
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>}
 */
export const findServices = async (args = []) => {
  const { services, missing } = await findEach({ isOpenSearchNeeded: needsLarge(args) });
  for (const { found } of services) say(`Service: ${found}.`);
  for (const { name, error } of missing) {
    if (!isCi()) say(`Service left out, its tests are skipped: ${name}. Tried: ${error.message}`);
  }
  if (needsLarge(args)) say(eventStoreDbServer());
  const stop = async () => void (await Promise.allSettled(services.map((service) => service.stop())));
  const [first] = missing;
  if (first && isCi()) {
    await stop();
    throw new Refusal(`Service missing, and under CI every service is required: ${first.name}. Tried: ${first.error.message}`);
  }
  return { env: Object.assign({}, ...services.map((service) => service.env)), stop };
};

/**
 * Finds or starts each; `isOwn` marks those that were started here. Announces nothing.
 * @param {{ isOpenSearchNeeded: boolean, isKept?: boolean }} options kept: what is started outlives this process's
 * tests
 */
export const findEach = async ({ isOpenSearchNeeded, isKept = false }) => {
  const kept = await readKept();
  for (const [name, value] of Object.entries(kept?.env ?? {})) process.env[name] ||= value;
  const services = [];
  const missing = [];
  for (const { name, find, isLarge } of finders) {
    if (isLarge && !isOpenSearchNeeded) continue;
    try {
      services.push(await find({ isKept }));
    } catch (error) {
      missing.push({ name, error });
    }
  }
  return { services, missing };
};

/** Suites of EventStoreDB run on our server, and those that can on another one if it is named. */
const eventStoreDbServer = () =>
  process.env.EVENTSTOREDB_URL
    ? 'EventStoreDB: contract, semantics and sample run on the server of EVENTSTOREDB_URL; suites that need the inside of ours run on ours.'
    : 'EventStoreDB: all suites run on our own server; the sample on a server with other data is left out. EVENTSTOREDB_URL names one.';

const needsLarge = (args) => {
  const projects = args.flatMap((arg, index) => (arg === '--project' ? [args[index + 1]] : arg.startsWith('--project=') ? [arg.slice(10)] : []));
  return projects.length === 0 || projects.some((project) => LARGE_SUITES.includes(project));
};

export const isCi = () => !['', '0', 'false', undefined].includes(process.env.CI?.toLowerCase());
