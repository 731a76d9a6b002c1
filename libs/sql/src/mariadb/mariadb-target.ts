// Where on which MariaDB server, from the application's settings. Refusals never show the URL: it may hold a password.
import { isIP } from 'node:net';
import { takeParameter } from '@mainstem/event-store/settings';
import { InvalidSqlOptions, UnsupportedDatabase } from '../errors.js';
import { refuseUnknown, takeLimits, type ServerLimits } from '../server/server-limits.js';

export interface MariadbLocation extends Partial<ServerLimits> {
  /**
   * `mariadb://user:password@host:port/database`; limits may follow, with the same names as in a PostgreSQL URL.
   * `?tls=true` encrypts the connection, and verifies the server's certificate and name. `&tlsCAFile=/path/ca.pem`
   * names the only trusted CA; default: the CAs of Node.
   */
  readonly url: string;
}

/** The server as the driver takes it, with the limits of this store. */
export interface MariadbTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly isTls: boolean;
  /** A path; undefined for the CAs of Node. */
  readonly tlsCAFile: string | undefined;
  readonly limits: ServerLimits;
}

const PORT = 3_306;
/** Names of tables have no more than 64 characters, and the views of read models take theirs from entities. */
const DATABASE = /^[^\0/\\.]{1,64}$/;

/** Checks a location. Errors: READ_STORE_INVALID_OPTIONS. */
export const mariadbTargetOf = ({ url, ...given }: MariadbLocation): MariadbTarget => {
  const parsed = URL.canParse(url) && isDecodable(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'mysql:') throw new InvalidSqlOptions('mysql: is not supported; a MariaDB server is, as mariadb://…');
  if (parsed?.protocol !== 'mariadb:' || parsed.hostname === '' || parsed.host.includes(','))
    throw new InvalidSqlOptions('the URL must look like mariadb://user:password@host:port/database, with one host');
  refuseUnknown(parsed, ['tls', 'tlsCAFile']);
  const [user, password, database] = [parsed.username, parsed.password, parsed.pathname.slice(1)].map(decodeURIComponent) as [string, string, string];
  if (!DATABASE.test(database)) throw new InvalidSqlOptions('the URL must name a database: mariadb://user:password@host:port/database');
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(parsed.port || PORT), user, password, database, ...tlsOf(parsed, host), limits: takeLimits(parsed, given) };
};

const tlsOf = (url: URL, host: string): Pick<MariadbTarget, 'isTls' | 'tlsCAFile'> => {
  const [tls = 'false', tlsCAFile] = [takeParameter(url, 'tls'), takeParameter(url, 'tlsCAFile') || undefined];
  if (tls !== 'true' && tls !== 'false') throw new InvalidSqlOptions('tls must be true or false');
  const isTls = tls === 'true';
  if (tlsCAFile !== undefined && !isTls) throw new InvalidSqlOptions('tlsCAFile needs tls=true');
  // The driver would compare the certificate with the name localhost.
  if (isTls && isIP(host) !== 0)
    throw new InvalidSqlOptions('tls=true needs the name of the server, not its IP address: the certificate is for a name');
  return { isTls, tlsCAFile };
};

const isDecodable = (url: string): boolean => {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
};

/** Before it, changes of tables were not safe from a crash, and statements lack. */
const VERSION_MIN = [10, 6] as const;

/** With less, documents of a usual size would be refused. */
const PACKET_MIN = 1_048_576;

/** What the server is, by `version()`, and takes, by `max_allowed_packet`. Errors: READ_STORE_UNSUPPORTED_DATABASE. */
export const assertServer = (version: string, packetMax: number): void => {
  if (packetMax < PACKET_MIN)
    throw new UnsupportedDatabase(`the server's max_allowed_packet is ${packetMax} bytes; set it to ${PACKET_MIN} or more.`);
  if (!/mariadb/i.test(version)) throw new UnsupportedDatabase(`the server is no MariaDB (${version})`);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1])) return;
  throw new UnsupportedDatabase(`MariaDB ${version} is too old; ${VERSION_MIN.join('.')} or newer is needed.`);
};
