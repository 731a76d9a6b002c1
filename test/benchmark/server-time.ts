// Processor time of a job together with that of its sessions on a PostgreSQL server of the same machine.
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { measured, type Sample } from './job.js';

/** The name of all sessions of this process: the driver reads it whenever it connects. */
export const nameSessions = (): void => {
  process.env['PGAPPNAME'] = sessionsName;
};

const sessionsName = `mainstem-bench-${process.pid}`;
/** Linux counts the time of processes in hundredths of a second. */
const TICK_MS = 10;

/**
 * Like `measured`, with the time of the sessions that are open at the end. What checkpoints and parallel workers take
 * is not in it. Without the server's processes in /proc it is left out.
 */
export const measuredWithServer = async (url: string, work: () => Promise<number>): Promise<Sample> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const before = await timesOf(client);
    const sample = await measured(work);
    const after = await timesOf(client);
    if (!before || !after) return sample;
    const serverCpuMs = [...after].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? 0), 0);
    return { ...sample, serverCpuMs };
  } finally {
    await client.end();
  }
};

/** By process; undefined if one of them cannot be seen. */
const timesOf = async (client: pg.Client): Promise<ReadonlyMap<number, number> | undefined> => {
  const { rows } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()', [
    sessionsName,
  ]);
  const times = new Map<number, number>();
  for (const { pid } of rows) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    if (!stat.includes('(postgres')) return undefined;
    // The fields behind the name: user and system time are the twelfth and thirteenth.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    times.set(pid, (Number(fields[11]) + Number(fields[12])) * TICK_MS);
  }
  return times;
};
