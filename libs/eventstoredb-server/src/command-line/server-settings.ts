// What the event store server can be told when it starts.
import { dirSetting } from '@mainstem/embedded/settings';
import { areGiven, isOn, optional, together, wholeNumber, type Setting, type ValuesOf } from '@mainstem/event-store/settings';

/** The first line of its help. */
export const SERVER_ABOUT = 'Serves the events of a folder to EventStoreDB clients of any language.';

const PORT_MAX = 65_535;
const WRITE_BYTES_MAX = 2 ** 30;

/** Absolute; undefined for a folder of this run alone. */
const dir: Setting<string | undefined> = {
  ...dirSetting,
  none: { flag: '--temporary', help: 'a folder for this run alone, removed when it stops' },
  help: 'folder of the events, shared with the embedded event store',
  parse: optional(dirSetting.parse),
};

const host: Setting<string> = {
  flag: '--host',
  takes: '<address>',
  default: '127.0.0.1',
  help: 'address to listen on; anything beyond this machine needs TLS and an administrator, or `--allow-insecure`. `MAINSTEM_HOST` does not count here',
  parse: (text) => text,
};

const port: Setting<number> = {
  flag: '--port',
  takes: '<n>',
  environment: 'PORT',
  default: '2113',
  help: 'port to listen on; `0` takes a free one',
  parse: wholeNumber(0, PORT_MAX),
};

const healthPort: Setting<number | undefined> = {
  flag: '--health-port',
  takes: '<n>',
  default: '',
  help: 'where `GET /health/live`, `/health/ready` and `/health/progress` answer besides on `--port`: apart from it, and without TLS',
  parse: optional(wholeNumber(0, PORT_MAX)),
};

const pemFile = (flag: string, help: string): Setting<string> => ({ flag, takes: '<file>', default: '', help, parse: (text) => text });

/** Paths of PEM files. */
const tls = together(
  { certificate: pemFile('--tls-cert', 'certificate, PEM'), privateKey: pemFile('--tls-key', 'its private key, PEM') },
  ({ certificate, privateKey }) => (areGiven({ '--tls-cert': certificate, '--tls-key': privateKey }) ? { certificate, privateKey } : undefined),
);

const administrator = together(
  {
    username: {
      environment: 'EVENT_STORE_USERNAME',
      default: '',
      help: 'the administrator that it demands of clients; needs TLS',
      parse: (text) => text,
    } as const satisfies Setting<string>,
    password: {
      environment: 'EVENT_STORE_PASSWORD',
      default: '',
      help: 'the password of the administrator',
      shows: 'nothing',
      parse: (text) => text,
    } as const satisfies Setting<string>,
  },
  ({ username, password }) => (areGiven({ EVENT_STORE_USERNAME: username, EVENT_STORE_PASSWORD: password }) ? { username, password } : undefined),
);

const writeBytesMax: Setting<number | undefined> = {
  flag: '--max-append-size',
  takes: '<bytes>',
  default: '',
  defaultInWords: '1048576',
  help: 'bytes of the largest append',
  parse: optional(wholeNumber(0, WRITE_BYTES_MAX)),
};

const on = (flag: string, help: string): Setting<boolean> => ({ flag, default: 'off', help, parse: isOn });

export const serverSettings = {
  dir,
  host,
  port,
  healthPort,
  tls,
  administrator,
  writeBytesMax,
  links: on('--links', 'serve `$ce-<category>`, `$et-<type>`, `$streams` and `$category-<category>`, as standard projections keep them'),
  allowInsecure: on('--allow-insecure', 'listen beyond this machine without TLS or without an administrator'),
} as const;

export type ServerSettings = ValuesOf<typeof serverSettings>;
