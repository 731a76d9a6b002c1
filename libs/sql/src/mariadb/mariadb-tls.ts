// The certificates that a connection to MariaDB over TLS trusts.
import { readFile } from 'node:fs/promises';
import type { SslOptions } from 'mysql2/promise';
import { InvalidSqlOptions } from '../errors.js';
import type { MariadbTarget } from './mariadb-target.js';

/** Undefined without TLS. The server's certificate and name are always verified. Errors: READ_STORE_INVALID_OPTIONS. */
export const tlsOptionsOf = async ({ isTls, tlsCAFile }: Pick<MariadbTarget, 'isTls' | 'tlsCAFile'>): Promise<SslOptions | undefined> => {
  if (!isTls) return undefined;
  const ca = tlsCAFile === undefined ? {} : { ca: await certificatesIn(tlsCAFile) };
  return { ...ca, rejectUnauthorized: true, verifyIdentity: true };
};

const certificatesIn = async (file: string): Promise<string> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidSqlOptions(`tlsCAFile ${file} cannot be read (${error.code ?? error.message})`);
  });
  // Without one, no server at all would be trusted, and no error would say why.
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new InvalidSqlOptions(`tlsCAFile ${file} holds no certificate in PEM form`);
  return text;
};
