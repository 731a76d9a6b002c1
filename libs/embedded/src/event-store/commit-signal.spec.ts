// At rest the system reports commits of other connections; polling is needed only if it does not.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreFile } from '../errors.js';
import { CommitSignal } from './commit-signal.js';
import { eventsFile, openToRead, openToWrite } from './events-file.js';
import { OpenedFile } from './opened-file.js';

const REST_POLL_MS = 20;
const WATCHED_POLL_MS = 250;

let dir: string;
let file: StoreFile;
let writer: DatabaseSync;
let reader: DatabaseSync;
let sleeps: number[];
let abort: AbortController;

/** Short waits take no time; a wait at rest ends only by its signal. */
const runtime: Runtime = {
  ...systemRuntime,
  sleep: (ms, signal) => {
    sleeps.push(ms);
    if (ms < REST_POLL_MS) return Promise.resolve();
    return new Promise((resolve) => {
      if (signal?.aborted) resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  },
};

const signalOf = (watched: StoreFile): CommitSignal => new CommitSignal(reader, { file: watched, opened: new OpenedFile(watched, writer), runtime });
const commit = (): void => writer.exec(`INSERT INTO streams (name) VALUES ('s-' || (SELECT count(*) FROM streams))`);
const atRest = async (): Promise<void> => {
  while (!sleeps.some((ms) => ms >= REST_POLL_MS)) await systemRuntime.sleep(1);
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-signal-'));
  file = eventsFile(dir);
  writer = await openToWrite(file, { runtime: systemRuntime });
  commit();
  reader = await openToRead(file, { runtime: systemRuntime });
  sleeps = [];
  abort = new AbortController();
});

afterEach(async () => {
  abort.abort();
  reader.close();
  writer.close();
  await rm(dir, { recursive: true });
});

describe('CommitSignal', () => {
  it.runIf(['linux', 'darwin'].includes(process.platform))('is woken from its rest by a commit of another connection, again and again', async () => {
    const signal = signalOf(file);
    for (let round = 0; round < 3; round++) {
      sleeps = [];
      const changed = signal.changed(signal.observe(), abort.signal);
      await atRest();
      expect(sleeps.filter((ms) => ms >= REST_POLL_MS)).toEqual([WATCHED_POLL_MS]);
      commit();
      await changed;
    }
    signal.close();
  });

  it('polls if there is no log to watch', async () => {
    const signal = signalOf({ ...file, path: join(dir, 'nowhere') });
    const changed = signal.changed(signal.observe(), abort.signal);
    await atRest();
    expect(sleeps.at(-1)).toBe(REST_POLL_MS);
    abort.abort();
    await changed;
    signal.close();
  });

  it('wakes all waits when it is closed, also from its rest', async () => {
    const signal = signalOf(file);
    const changed = signal.changed(signal.observe(), abort.signal);
    await atRest();
    signal.close();
    await expect(changed).rejects.toMatchObject({ code: 'EVENT_STORE_CLOSED' });
  });
});
