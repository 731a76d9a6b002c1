// The first import into an event store whose server is starting, and is busy later on: it goes on by itself.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { expect, it } from 'vitest';
import { notHandledMessage, startAnsweringProxy } from '../contract/eventstoredb/answering-proxy.js';
import { build } from './online-retail/application-process.js';
import { SAMPLE_FILE } from './online-retail/expected.js';

const STARTING_MS = 3_000;
const BUSY_AFTER_APPENDS = 40;
const BUSY_MS = 2_000;
/** gRPC's numbers for an unknown failure and for an unavailable server: nodes of different age answer with either. */
const READ_CODES = [2, 14];
const program = resolve(import.meta.dirname, '../../node_modules/.bin/mainstem');

it('succeeds without being started again', async () => {
  await build();
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-starting-'));
  const server = await EventStoreDbServer.start({ dir: join(dir, 'server'), port: 0 });
  let readyAt: number | undefined;
  let [appends, refusedReads, refusedAppends] = [0, 0, 0];
  const isReady = (): boolean => performance.now() >= (readyAt ??= performance.now() + STARTING_MS);
  const toRead = () => {
    if (isReady()) return undefined;
    const code = READ_CODES[refusedReads++ % READ_CODES.length] ?? 2;
    return { code, details: 'Server Is Not Ready' };
  };
  const toAppend = (request: Buffer): Buffer | undefined => {
    if (++appends === BUSY_AFTER_APPENDS) readyAt = performance.now() + BUSY_MS;
    if (isReady()) return undefined;
    refusedAppends++;
    return notHandledMessage(request, 'Server Is Busy');
  };
  const proxy = await startAnsweringProxy(server.port, { toRead, toAppend });
  try {
    const env = { ...process.env, EVENT_STORE: proxy.connectionString };
    const { stdout } = await promisify(execFile)(program, ['import', SAMPLE_FILE, '--dir', join(dir, 'read-models')], { env });
    expect(stdout).toContain('2,000 lines: 2,000 new events, 0 there already');
    expect(Math.min(refusedReads, refusedAppends)).toBeGreaterThan(2);
  } finally {
    proxy.stop();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
