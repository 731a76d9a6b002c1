// The certificates that a connection over TLS trusts.
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { InvalidRedisOptions } from '../errors.js';
import type { RedisTarget } from './redis-target.js';

const BEGIN = '-----BEGIN CERTIFICATE-----';

/** Undefined without TLS. The server's name and certificate are always verified. Errors: READ_STORE_INVALID_OPTIONS. */
export const tlsOptionsOf = async ({ isTls, tlsCAFile }: Pick<RedisTarget, 'isTls' | 'tlsCAFile'>): Promise<ConnectionOptions | undefined> => {
  if (!isTls) return undefined;
  return tlsCAFile === undefined ? {} : { ca: await certificatesIn(tlsCAFile) };
};

const certificatesIn = async (file: string): Promise<string> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidRedisOptions(`tlsCAFile ${file} cannot be read (${error.code ?? error.message})`);
  });
  // Node would take it for an empty list, and refuse every server without a reason.
  if (!text.includes(BEGIN)) throw new InvalidRedisOptions(`tlsCAFile ${file} holds no certificate in PEM form`);
  return text;
};
