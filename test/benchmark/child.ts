// Runs one job in a process of its own.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endOf } from '../fixtures/end-of.js';
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
    await endOf(child);
    if (!result) throw new Error(`${job} ended with ${child.exitCode ?? 'a signal'} and no result`);
    return result;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};
