// mainstem doctor: what it finds, what it says against it, and that it ends.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { defineEvents, eventIdOf, InMemoryEventStore, streamName } from '@mainstem/event-store';
import { documentProjection, type HostedProjection } from '@mainstem/projection';
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import { MemoryReadStore } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExaminedStore, MainstemApplication, OperatedSchema } from '../application.js';
import type { Examination } from './examination.js';
import type { CliContext } from '../commands/cli-context.js';
import { doctor } from './doctor.js';

class Noted {}
class Note {
  id!: string;
}
const noteEvents = defineEvents('note', { Noted });
const notes = documentProjection({
  name: 'notes',
  version: 1,
  document: Note,
  events: [noteEvents],
  key: (event) => event.stream,
  evolve: { Noted: (_, __, id) => ({ id }) },
});

let folder: string;
let events: InMemoryEventStore;
let readStore: MemoryReadStore;
let stopping: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'mainstem-doctor-'));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ mainstem: { application: './application.js' } }));
  events = new InMemoryEventStore();
  readStore = new MemoryReadStore();
  stopping = new AbortController();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Given {
  readonly stores?: readonly ExaminedStore[];
  readonly schemas?: readonly OperatedSchema[];
  readonly dir?: string;
  readonly hosted?: readonly HostedProjection[];
  readonly timeout?: string;
  readonly now?: () => number;
}

const close = (): Promise<void> => Promise.resolve();

const examine = async ({ stores = [], schemas, dir, hosted = [], timeout, now = Date.now }: Given = {}) => {
  const printed: string[] = [];
  const application = {
    name: 'noting',
    aggregates: [],
    openEvents: () => Promise.resolve(Object.assign(events, { close })),
    openReadModels: () => Promise.resolve({ projections: hosted, stores: [readStore], close }),
    ...(schemas && { schemas: () => schemas }),
    examined: () => ({ stores, ...(dir !== undefined && { dir }) }),
  } as unknown as MainstemApplication;
  const terminal = { print: (line: string) => Promise.resolve(void printed.push(line)), say: () => undefined };
  const context = { application, settings: { env: {} }, terminal, signal: stopping.signal } as unknown as CliContext;
  const code = await doctor(context, { json: true, now, folder, ...(timeout !== undefined && { timeout }) });
  const found = code === 130 ? [] : (JSON.parse(printed.join('\n')) as Examination[]);
  const findingsOf = (subject: string) => found.find((one) => one.subject === subject)?.findings ?? [];
  return { code, found, findingsOf, context };
};

const install = async (at: string, name: string, version: string, needs: readonly string[] = []): Promise<void> => {
  const directory = path.join(folder, at, 'node_modules/@mainstem', name);
  await mkdir(directory, { recursive: true });
  const dependencies = Object.fromEntries(needs.map((one) => [`@mainstem/${one}`, version]));
  await writeFile(path.join(directory, 'package.json'), JSON.stringify({ name: `@mainstem/${name}`, version, dependencies }));
};

describe('mainstem doctor', () => {
  it('ends with 0 if nothing is wrong', async () => {
    await install('.', 'event-store', '0.1.0');
    await install('.', 'cli', '0.1.0', ['event-store']);
    const { code, found } = await examine({ dir: folder, stores: [{ title: 'cache', open: () => Promise.resolve({ close }) }] });
    expect(found.flatMap(({ findings }) => findings)).toEqual([]);
    expect(found.map(({ subject }) => subject)).toEqual(['packages', `folder ${folder}`, 'cache', 'projections']);
    expect(code).toBe(0);
  });

  it('finds packages of different versions, and those that are installed twice', async () => {
    await install('.', 'event-store', '0.2.0');
    await install('.', 'cli', '0.1.0', ['event-store']);
    await install('node_modules/@mainstem/cli', 'event-store', '0.1.0');
    const { code, findingsOf } = await examine();
    const problems = findingsOf('packages').map(({ problem }) => problem);
    expect(problems).toEqual([
      'packages of different versions: 0.1.0 (cli, event-store), 0.2.0 (event-store)',
      expect.stringMatching(/^@mainstem\/event-store is installed 2 times: /),
    ]);
    expect(code).toBe(1);
  });

  it('finds a folder that is missing, no folder, or open to all', async () => {
    const problemsOf = async (dir: string) => (await examine({ dir })).findingsOf(`folder ${dir}`).map(({ problem }) => problem);
    expect(await problemsOf(path.join(folder, 'missing'))).toEqual(['it does not exist']);
    expect(await problemsOf(path.join(folder, 'package.json'))).toEqual(['it is no folder']);
    await chmod(folder, 0o777);
    expect(await problemsOf(folder)).toEqual(['every user of this machine can write to it']);
  });

  it('tells of each store by itself, also if others are away', async () => {
    const away = () => Promise.reject(new ReadStoreUnavailable('cache', 'nobody answers'));
    const late = Date.now() + 3_600_000;
    const stores = [
      { title: 'cache', open: away },
      { title: 'search', open: () => Promise.resolve({ close }) },
      { title: 'sql', open: () => Promise.resolve({ close, serverTimeMs: () => Promise.resolve(late) }) },
    ];
    const { code, findingsOf, found } = await examine({ stores });
    expect(findingsOf('cache')).toEqual([{ problem: expect.stringMatching(/^READ_STORE_UNAVAILABLE: /), cure: expect.stringContaining('Start it') }]);
    expect(findingsOf('search')).toEqual([]);
    expect(findingsOf('sql')).toEqual([
      { problem: expect.stringMatching(/^its clock is 3\d{3}\.\d s ahead of/), cure: expect.stringContaining('NTP') },
    ]);
    expect(found.at(-1)).toEqual({ subject: 'projections', facts: [], findings: [], skipped: 'a store cannot be opened' });
    expect(code).toBe(1);
  });

  it('does not wait for a store that never answers, and closes one that answers too late', async () => {
    const never = new Promise<never>(() => undefined);
    let isClosed = false;
    let answer = (): void => undefined;
    const opened = new Promise<{ close(): Promise<void> }>((resolve) => {
      answer = () => resolve({ close: () => Promise.resolve(void (isClosed = true)) });
    });
    const stores = [
      { title: 'silent', open: () => never },
      { title: 'late', open: () => opened },
    ];
    const { code, findingsOf } = await examine({ stores, timeout: '1' });
    expect(findingsOf('silent')).toMatchObject([{ problem: 'did not answer within 1 s' }]);
    expect(code).toBe(1);
    answer();
    await expect.poll(() => isClosed).toBe(true);
  });

  it('ends with 130 when it is interrupted', async () => {
    const open = (): Promise<never> => (stopping.abort(), new Promise<never>(() => undefined));
    expect((await examine({ stores: [{ title: 'silent', open }] })).code).toBe(130);
  });

  it('finds a schema that waits for mainstem migrate', async () => {
    const schema = { title: 'events', migrate: () => Promise.resolve('') };
    const schemas = [
      { ...schema, waiting: () => Promise.resolve('version 1 would become 2') },
      { ...schema, title: 'others', waiting: () => Promise.resolve(undefined) },
    ];
    const { findingsOf } = await examine({ schemas });
    expect(findingsOf('events')).toEqual([
      { problem: 'it waits for mainstem migrate: version 1 would become 2', cure: expect.stringContaining('mainstem migrate') },
    ]);
    expect(findingsOf('others')).toEqual([]);
  });

  it('finds projections without a process, abandoned generations, and what others have left', async () => {
    const name = streamName('note-1');
    await events.append(name, [{ id: eventIdOf('test', name, 0), type: 'Noted', data: {}, metadata: {} }], { expectedRevision: 'any' });
    const described = { version: 1, fingerprint: 'f', collections: [] };
    await readStore.createGeneration({ ...described, name: 'gone' }, events.incarnation);
    await readStore.createGeneration({ ...described, name: 'notes', fingerprint: notes.fingerprint }, events.incarnation, { isBulk: true });
    // Twenty seconds later a process that fills it would have told.
    const { findingsOf } = await examine({ hosted: [{ projection: notes, store: readStore }], now: () => Date.now() + 20_000 });
    expect(findingsOf('projections').map(({ problem }) => problem)).toEqual([
      'no process runs notes (memory)',
      'notes (memory): generation 1 was being filled, and no process goes on with it',
      'the application has no projection gone, but memory holds 1 generation of it',
    ]);
  });

  it.each(['0', '601', 'x', '1.5'])('refuses a time limit of %s', async (timeout) => {
    await expect(examine({ timeout })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
  });
});
