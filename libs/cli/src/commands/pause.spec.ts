// mainstem pause and resume, on an application in memory with a projector that runs.
import { defineEvents, eventIdOf, InMemoryEventStore, streamName } from '@mainstem/event-store';
import { documentProjection, Projector } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MainstemApplication } from '../application.js';
import type { CliContext } from './cli-context.js';
import { pause, resume } from './pause.js';
import { status } from './status.js';

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
const name = streamName('note-1');

let events: InMemoryEventStore;
let store: MemoryReadStore;
let projector: Projector;
let printed: string[];
let said: string[];
let stopping: AbortController;
let context: CliContext;

const append = (revision: number) =>
  events.append(name, [{ id: eventIdOf('test', name, revision), type: 'Noted', data: {}, metadata: {} }], { expectedRevision: 'any' });

beforeEach(async () => {
  events = new InMemoryEventStore();
  store = new MemoryReadStore();
  [printed, said] = [[], []];
  stopping = new AbortController();
  await append(0);
  projector = new Projector({ reader: events, projections: [{ projection: notes, store }], lease: { owner: 'desk:1:x' } });
  projector.start();
  await projector.waitFor('notes', 1n as never, { timeoutMs: 4_000 });
  const close = (): Promise<void> => Promise.resolve();
  const application = {
    name: 'noting',
    aggregates: [],
    openEvents: () => Promise.resolve(Object.assign(events, { close })),
    openReadModels: () => Promise.resolve({ projections: [{ projection: notes, store }], close }),
  } as unknown as MainstemApplication;
  const terminal = { print: (line: string) => Promise.resolve(void printed.push(line)), say: (line: string) => void said.push(line) };
  context = { application, settings: { env: {} }, terminal, signal: stopping.signal } as unknown as CliContext;
});
afterEach(() => projector.stop());

const stored = async () => {
  printed = [];
  const code = await status(context, { json: true, now: Date.now });
  const [one] = JSON.parse(printed.join('\n')) as [{ state: string; reason?: string; owners: object[] }];
  return { code, ...one };
};

describe('mainstem pause', () => {
  it('ends when no process writes any more, and status shows who paused it and why, with exit code 0', async () => {
    expect(await pause(context, 'notes', { reason: 'moving' })).toBe(0);
    expect(printed).toEqual([expect.stringMatching(/^notes \(memory\) is paused, by \S+@\S+ at \S+Z, because: moving\.$/)]);
    expect(await stored()).toMatchObject({ code: 0, state: 'Paused', owners: [], reason: expect.stringMatching(/^PROJECTION_PAUSED: .*: moving$/) });
    expect(projector.status()).toMatchObject([{ state: 'paused', isHealthy: true }]);
  });

  it('changes nothing the second time, and resume lets it go on, once', async () => {
    await pause(context, 'notes', { reason: 'first' });
    await pause(context, 'notes', { reason: 'second' });
    expect(printed[1]).toMatch(/is paused already, by .*because: first/);
    const { position } = await append(1);
    expect(await resume(context, 'notes', {})).toBe(0);
    await expect.poll(() => projector.status()[0]?.position).toBe(position);
    expect(await resume(context, 'notes', { json: true })).toBe(0);
    expect(JSON.parse(printed.at(-1) ?? '')).toEqual({ projection: 'notes', store: 'memory', former: null });
    await expect.poll(async () => (await stored()).state).toBe('Live');
  });

  it('ends with 1 if a process goes on, and with 130 when it is interrupted; the pause holds', async () => {
    await projector.stop();
    await store.claimLease({ projection: 'notes', fingerprint: 'f', partition: 0, owner: 'older:7:y', durationMs: 60_000 });
    expect(await pause(context, 'notes', { waitMs: 5, json: true })).toBe(1);
    expect(JSON.parse(printed.join('\n'))).toMatchObject({ isNew: true, writing: ['older:7:y'] });
    expect(said).toEqual([expect.stringContaining('older:7:y')]);
    stopping.abort();
    expect(await pause(context, 'notes', {})).toBe(130);
    expect((await stored()).state).toBe('Paused');
  });

  it('refuses a projection that is not there, and a reason without words or without an end', async () => {
    await expect(pause(context, 'note', {})).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
    await expect(resume(context, 'note', {})).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
    for (const reason of [' ', 'x'.repeat(501)])
      await expect(pause(context, 'notes', { reason })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
  });
});
