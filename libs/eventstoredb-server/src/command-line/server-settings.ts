// The settings of the event store server: from flags first, then from the environment, then from defaults.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MainstemError, nearestName } from '@mainstem/event-store';

export interface ServerSettings {
  /** Absolute. Undefined: a temporary folder for this run. */
  readonly dir: string | undefined;
  readonly host: string;
  /** 0 means a free port. */
  readonly port: number;
  readonly healthPort: number | undefined;
  /** Paths of PEM files. */
  readonly tls: { readonly certificate: string; readonly privateKey: string } | undefined;
  readonly administrator: { readonly username: string; readonly password: string } | undefined;
  readonly allowInsecure: boolean;
  /** True: serve the streams of links that standard projections keep. */
  readonly links: boolean;
  readonly writeBytesMax: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const SERVER_HELP = `Serves the events of a folder to EventStoreDB clients of any language.

Settings (flag, environment variable, default):
  --dir <folder>             MAINSTEM_DIR           .mainstem    folder of the events, shared with the embedded event store
  --temporary                                                    a folder for this run alone, removed when it stops
  --host <address>                                  127.0.0.1    anything else needs TLS and an administrator
  --port <n>                 PORT                   2113         0 takes a free one
  --health-port <n>                                 none         where GET /health/live, /health/ready and /health/progress answer
                                                                 besides on --port: apart from it, and without TLS
  --tls-cert <file>                                 none         certificate, PEM
  --tls-key <file>                                  none         its private key, PEM
                             EVENT_STORE_USERNAME   none         administrator; needs TLS
                             EVENT_STORE_PASSWORD   none
  --max-append-size <bytes>                         1048576      largest append
  --links                                                        serve $ce-<category>, $et-<type>, $streams and $category-<category>
  --allow-insecure                                               listen beyond this machine without TLS or without an administrator`;

/** A flag or variable of the event store server is wrong; nothing was started. Code SETTINGS_INVALID. */
export class CommandLineInvalid extends MainstemError {
  constructor(problem: string, cause?: unknown) {
    super('SETTINGS_INVALID', `${problem} --help tells what there is.`, cause === undefined ? {} : { cause });
  }
}

/** Reads flags, without the program's name, and environment; empty variables are absent. Errors: SETTINGS_INVALID. */
export const readServerSettings = (argv: readonly string[], env: Environment): ServerSettings => {
  const flags = readFlags(argv);
  if (flags.temporary && flags.dir !== undefined) throw new CommandLineInvalid('--temporary and --dir name two folders: give only one of them.');
  return {
    dir: flags.temporary ? undefined : resolve(flags.dir ?? (env['MAINSTEM_DIR'] || '.mainstem')),
    host: flags.host ?? '127.0.0.1',
    port: numberOf('--port', flags.port ?? (env['PORT'] || '2113'), 65_535),
    healthPort: flags['health-port'] === undefined ? undefined : numberOf('--health-port', flags['health-port'], 65_535),
    tls: both('--tls-cert', flags['tls-cert'], '--tls-key', flags['tls-key'], (certificate, privateKey) => ({ certificate, privateKey })),
    administrator: both(
      'EVENT_STORE_USERNAME',
      env['EVENT_STORE_USERNAME'] || undefined,
      'EVENT_STORE_PASSWORD',
      env['EVENT_STORE_PASSWORD'] || undefined,
      (username, password) => ({ username, password }),
    ),
    allowInsecure: flags['allow-insecure'] ?? false,
    links: flags.links ?? false,
    writeBytesMax: flags['max-append-size'] === undefined ? undefined : numberOf('--max-append-size', flags['max-append-size'], 2 ** 30),
  };
};

const TEXT = { type: 'string' } as const;
const OPTIONS = {
  dir: TEXT,
  host: TEXT,
  port: TEXT,
  'health-port': TEXT,
  'tls-cert': TEXT,
  'tls-key': TEXT,
  'max-append-size': TEXT,
  links: { type: 'boolean' },
  temporary: { type: 'boolean' },
  'allow-insecure': { type: 'boolean' },
} as const;

const readFlags = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    if (!(error instanceof Error)) throw new CommandLineInvalid('The flags are not valid.');
    const [problem = ''] = error.message.split('. ');
    throw new CommandLineInvalid(`${problem}.${'code' in error && error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? meantBy(problem) : ''}`);
  }
};

/** Node quotes the unknown flag. */
const meantBy = (problem: string): string => {
  const [, flag = ''] = /'--([^'=]+)/.exec(problem) ?? [];
  const meant = nearestName(flag, Object.keys(OPTIONS));
  return meant === undefined ? '' : ` Did you mean --${meant}?`;
};

const numberOf = (name: string, text: string, max: number): number => {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= max)) throw new CommandLineInvalid(`${name} must be a whole number up to ${max}, got ${JSON.stringify(text)}.`);
  return number;
};

const both = <Pair>(
  firstName: string,
  first: string | undefined,
  secondName: string,
  second: string | undefined,
  join: (first: string, second: string) => Pair,
): Pair | undefined => {
  if (first === undefined && second === undefined) return undefined;
  if (first === undefined || second === undefined) throw new CommandLineInvalid(`${firstName} and ${secondName} go together.`);
  return join(first, second);
};
