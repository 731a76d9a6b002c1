// The machine of the measurements.
import { open } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly sqlite: string;
  /** Null: no server was found. */
  readonly postgres: string | null;
  /** Median of 200 writes of 400 bytes, each flushed: the limit for durable commands one at a time. */
  readonly flushP50Ms: number;
}

export const describeMachine = async (postgresUrl: string, folder: string): Promise<Machine> => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGib: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  node: process.version,
  sqlite: process.versions.sqlite ?? 'unknown',
  postgres: await postgresVersion(postgresUrl),
  flushP50Ms: await flushP50Ms(folder),
});

const postgresVersion = async (connectionString: string): Promise<string | null> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3_000 });
  try {
    await client.connect();
    return (await client.query<{ server_version: string }>('SHOW server_version')).rows[0]?.server_version ?? null;
  } catch {
    return null; // measured without it, and said so
  } finally {
    await client.end().catch(() => undefined);
  }
};

const flushP50Ms = async (folder: string): Promise<number> => {
  const file = await open(join(folder, 'flush'), 'w');
  const times: number[] = [];
  try {
    for (let index = 0; index < 200; index++) {
      const start = performance.now();
      await file.write(Buffer.alloc(400));
      await file.datasync();
      times.push(performance.now() - start);
    }
  } finally {
    await file.close();
  }
  return times.sort((left, right) => left - right)[100] ?? 0;
};
