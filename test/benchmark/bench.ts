// Measures everything in one run: each job in its own process, ours and its ceiling in turn, medians of the rounds.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foreignServer } from '../fixtures/foreign-server.js';
import { multiply, prepareData } from './data.js';
import { runJob } from './child.js';
import { describeMachine } from './machine.js';
import { measurements, type Measurement, type Service } from './measurements.js';
import { hasOpenSearch, openSearchUrl } from './opensearch-indices.js';
import { readOptions, USAGE, type Options } from './options.js';
import { copyToPostgres } from './postgres-log.js';
import { dropSchema } from './postgres-schema.js';
import { hasRedis, redisUrl } from './redis-prefix.js';
import { outcomeOf, printTable, writeJson, type Outcome } from './report.js';
import type { FinishedJob, JobContext } from './job.js';

type Data = Omit<JobContext, 'dir'>;

const main = async (options: Options): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mainstem-bench-'));
  const postgresLog = `mainstem_bench_log_${process.pid}_${Date.now()}`;
  let hasLog = false;
  try {
    const machine = await describeMachine(options.postgresUrl, folder);
    const services = await servicesThere(options, machine.postgres !== null);
    const wanted = chosen(options, services);
    const data = { ...(await prepareData(folder, options)), postgresUrl: options.postgresUrl, postgresLog };
    hasLog = wanted.some(({ readsPostgresLog }) => readsPostgresLog);
    if (hasLog) await copyToPostgres(data, postgresLog);
    const outcomes: Outcome[] = [];
    for (const measurement of wanted) outcomes.push(await measure(measurement, data, options, folder));
    printTable(machine, data.events, outcomes);
    await writeJson(options.json, { machine, events: data.events, rounds: options.rounds, outcomes });
  } finally {
    if (hasLog) await dropSchema(options.postgresUrl, postgresLog);
    await rm(folder, { recursive: true, force: true });
  }
};

/** Prints what is left out because a server is missing. */
const servicesThere = async ({ postgresUrl }: Options, hasPostgres: boolean): Promise<ReadonlySet<Service>> => {
  const looked: readonly (readonly [service: Service, isThere: boolean, url: string, variable: string])[] = [
    ['PostgreSQL', hasPostgres, postgresUrl, 'DATABASE_URL'],
    ['Redis', await hasRedis(), redisUrl(), 'REDIS_URL'],
    ['OpenSearch', await hasOpenSearch(), openSearchUrl(), 'OPENSEARCH_URL'],
  ];
  for (const [service, isThere, url, variable] of looked) {
    if (!isThere) console.error(`No ${service} at ${url}: what needs it is left out. ${variable} names another one; npm run services starts one.`);
  }
  return new Set(looked.flatMap(([service, isThere]) => (isThere ? [service] : [])));
};

/** A server with other data has another log. */
const canRun = ({ job, readsWholeLog = false }: Measurement): boolean => {
  const isLeftOut = readsWholeLog && foreignServer() !== undefined;
  if (isLeftOut) console.error(`${job} is left out: it reads the whole log, and the server of EVENTSTOREDB_URL holds other data.`);
  return !isLeftOut;
};

const chosen = ({ only, isLong }: Options, services: ReadonlySet<Service>): readonly Measurement[] =>
  measurements
    .filter(
      ({ job, needs = [], isLong: needsLong = false }) =>
        (only.length === 0 || only.includes(job)) && needs.every((service) => services.has(service)) && (isLong || !needsLong),
    )
    .filter(canRun);

const measure = async (measurement: Measurement, data: Data, { rounds }: Options, folder: string): Promise<Outcome> => {
  const { job, hasCeiling = false, rounds: roundsMax = rounds, copies = 1 } = measurement;
  const given = copies === 1 ? data : { ...data, ...(await multiply(data, copies, folder)) };
  const ours: FinishedJob[] = [];
  const ceiling: FinishedJob[] = [];
  for (let round = 1; round <= Math.min(rounds, roundsMax); round++) {
    console.error(`${job}, round ${round} …`);
    ours.push(await runJob(job, given, folder));
    if (hasCeiling) ceiling.push(await runJob(`${job}/ceiling`, given, folder));
  }
  return outcomeOf(measurement, ours, ceiling);
};

if (process.argv.includes('--help')) console.log(USAGE);
else await main(readOptions(process.argv.slice(2), process.env));
