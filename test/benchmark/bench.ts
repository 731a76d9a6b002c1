// Measures everything in one run: each job in a process of its own, ours and its ceiling in turn, medians of the rounds.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { multiply, prepareData } from './data.js';
import { runJob } from './child.js';
import { hasOpenSearch, openSearchUrl } from './opensearch-indices.js';
import { describeMachine } from './machine.js';
import { measurements, type Measurement } from './measurements.js';
import { readOptions, USAGE, type Options } from './options.js';
import { outcomeOf, printTable, writeJson, type Outcome } from './report.js';
import type { FinishedJob, JobContext } from './job.js';

type Data = Omit<JobContext, 'dir'>;

const main = async (options: Options): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mainstem-bench-'));
  try {
    const machine = await describeMachine(options.postgresUrl, folder);
    const postgresUrl = machine.postgres === null ? undefined : options.postgresUrl;
    if (postgresUrl === undefined) console.error(`No PostgreSQL at ${options.postgresUrl}: it is left out. DATABASE_URL names another one.`);
    const data = { ...(await prepareData(folder, options)), postgresUrl: options.postgresUrl };
    const outcomes: Outcome[] = [];
    const isThere = await hasOpenSearch();
    if (!isThere) console.error(`No OpenSearch at ${openSearchUrl()}: it is left out. OPENSEARCH_URL names another one.`);
    for (const measurement of chosen(options, postgresUrl !== undefined, isThere)) outcomes.push(await measure(measurement, data, options, folder));
    printTable(machine, data.events, outcomes);
    await writeJson(options.json, { machine, events: data.events, rounds: options.rounds, outcomes });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const chosen = ({ only, isLong }: Options, hasPostgres: boolean, isOpenSearchThere: boolean): readonly Measurement[] =>
  measurements.filter(
    ({ job, needsPostgres = false, needsOpenSearch = false, isLong: needsLong = false }) =>
      (only.length === 0 || only.includes(job)) &&
      (hasPostgres || !needsPostgres) &&
      (isOpenSearchThere || !needsOpenSearch) &&
      (isLong || !needsLong),
  );

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
