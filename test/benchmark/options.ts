// Flags of the benchmark.
import { parseArgs } from 'node:util';

export interface Options {
  /** Lines of the data file to use. */
  readonly eventsMax: number;
  readonly rounds: number;
  readonly isLong: boolean;
  /** Names of measurements; empty: all. */
  readonly only: readonly string[];
  readonly json: string;
  readonly postgresUrl: string;
}

const QUICK_EVENTS = 50_000;

export const USAGE = `Measures Mainstem against hand-written loops on the same data.

  npm run bench -- [flags]
    --quick            the first ${QUICK_EVENTS} events and one round: a look, not a figure
    --events <n>       the first n events
    --rounds <n>       rounds of ours and the ceiling in turn, default 3
    --only <a,b>       only these measurements
    --long             also the memory of a rebuild at ten times the data
    --json <file>      where the figures go, default dist/bench.json
  DATABASE_URL, REDIS_URL and OPENSEARCH_URL name the servers; without them the usual ports of this machine are tried, and what npm run services
  has started is used. A line whose server is missing is left out. EVENTSTOREDB_URL names a server of EventStoreDB's
  protocol that runs already; lines that read its whole log are left out then.`;

export const readOptions = (argv: readonly string[], env: NodeJS.ProcessEnv): Options => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      events: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'string', default: 'dist/bench.json' },
    },
  });
  const wholeNumber = (flag: string, text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${flag} takes a whole number from 1, got ${text}`);
    return value;
  };
  const rounds = wholeNumber('--rounds', values.rounds ?? (values.quick ? '1' : '3'));
  return {
    eventsMax: values.events !== undefined ? wholeNumber('--events', values.events) : values.quick ? QUICK_EVENTS : Infinity,
    rounds,
    isLong: values.long,
    only: values.only?.split(',') ?? [],
    json: values.json,
    postgresUrl: env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  };
};
