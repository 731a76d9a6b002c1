// Runs one job in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FinishedJob, JobContext } from './job.js';

const entry = fileURLToPath(new URL('run-job.ts', import.meta.url));

/** Errors: what the job printed, when it did not end well. */
export const runJob = async (job: string, data: Omit<JobContext, 'dir'>, folder: string): Promise<FinishedJob> => {
  const dir = await mkdtemp(join(folder, 'job-'));
  try {
    const child = fork(entry, [job, JSON.stringify({ ...data, dir })], {
      execArgv: process.execArgv,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let result: FinishedJob | undefined;
    child.on('message', (message) => (result = message as FinishedJob));
    const [code] = (await once(child, 'exit')) as [number | null];
    if (!result) throw new Error(`${job} ended with ${code ?? 'a signal'} and no result`);
    return result;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};
