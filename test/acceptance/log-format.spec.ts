// LOG_FORMAT=json: every line that an application writes is a JSON object, even if it cannot start.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApplicationProcess, build } from './online-retail/application-process.js';

const ENTRIES = ['apps/event-store/src/main.js', 'src/main.js', 'apps/query-api/src/main.js', 'apps/sql-projector/src/main.js'] as const;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let dir: string;
beforeAll(build);
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-log-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

const argsOf = (entry: string): readonly string[] => ['--dir', dir, ...(entry.includes('event-store') ? ['--health-port', '0'] : [])];
const linesOf = (output: string): readonly Readonly<Record<string, unknown>>[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

describe.each(ENTRIES)('%s', (entry) => {
  it('writes JSON on request', async () => {
    const application = await ApplicationProcess.start(entry, argsOf(entry), { LOG_FORMAT: 'json' });
    await application.end('SIGTERM');
    for (const line of linesOf(application.output)) {
      expect(line).toMatchObject({ time: expect.stringMatching(TIME) as string, level: 'info', pid: expect.any(Number) as number });
      expect(line['message']).toMatch(/\S/);
    }
  });

  it('reports in JSON why it does not start', async () => {
    const failed = await ApplicationProcess.start(entry, [...argsOf(entry), '--unknown'], { LOG_FORMAT: 'json' }).catch(String);
    const lines = String(failed).split('\n').slice(1).filter(Boolean);
    expect(linesOf(lines.join('\n'))).toEqual([
      expect.objectContaining({
        level: 'error',
        time: expect.stringMatching(TIME) as string,
        message: expect.stringContaining('SETTINGS_INVALID') as string,
      }),
    ]);
  });
});
