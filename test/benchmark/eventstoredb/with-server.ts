// Runs a measurement against a separate server process, and reports how busy it was: near one core, the server is the
// limit.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foreignServer } from '../../fixtures/foreign-server.js';
import { measured, type JobContext, type Sample } from '../job.js';

const entry = fileURLToPath(new URL('server-process.ts', import.meta.url));

export interface RunningServer {
  readonly connectionString: string;
  /** Measures the work here and the server's processor time meanwhile. */
  measured(work: () => Promise<number>): Promise<Sample>;
}

/**
 * The server serves an empty folder or a copy of the data. With EVENTSTOREDB_URL it is that one, for work with its own
 * data.
 */
export const withServer = async (
  { dir, eventsDir }: JobContext,
  { hasData }: { readonly hasData: boolean },
  work: (server: RunningServer) => Promise<Sample>,
): Promise<Sample> => {
  const foreign = foreignServer();
  // Its load is unknown.
  if (foreign !== undefined) return work({ connectionString: foreign, measured });
  // A copy, because the adapter marks the store that it opens.
  if (hasData) await copyFile(join(eventsDir, 'events.db'), join(dir, 'events.db'));
  const child = fork(entry, [dir], { execArgv: process.execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const { connectionString } = await answerOf<{ connectionString: string }>(child);
    return await work({
      connectionString,
      measured: async (run) => {
        child.send('start');
        const sample = await measured(run);
        child.send('cpu');
        const { cpuMs } = await answerOf<{ cpuMs: number }>(child);
        return { ...sample, figures: { serverBusyPercent: (cpuMs / sample.wallMs) * 100, clientBusyPercent: (sample.cpuMs / sample.wallMs) * 100 } };
      },
    });
  } finally {
    if (child.connected) child.send('stop');
    if (child.exitCode === null) await once(child, 'exit');
  }
};

const answerOf = async <Answer>(child: ChildProcess): Promise<Answer> => {
  const [answer] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('the server ended');
    }),
  ])) as [Answer];
  return answer;
};
