// mainstem copy: how it ends when it is stopped, or when a store gives no answer. What it copies is a contract.
import { InMemoryEventStore, MainstemError, eventIdOf, streamName } from '@mainstem/event-store';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MainstemApplication } from '../application.js';
import type { CliContext } from './cli-context.js';
import { copy } from './copy.js';

class Away extends MainstemError {
  constructor() {
    super('EVENT_STORE_UNAVAILABLE', 'away');
  }
}

let source: InMemoryEventStore;
let target: InMemoryEventStore;
let stopping: AbortController;
let said: string[];
let printed: string[];
let context: CliContext;

beforeEach(async () => {
  [source, target] = [new InMemoryEventStore(), new InMemoryEventStore()];
  stopping = new AbortController();
  [said, printed] = [[], []];
  const open = (_: unknown, address: string) =>
    address === 'away' ? Promise.reject(new Away()) : Promise.resolve(address === 'one' ? source : target);
  const application: MainstemApplication = {
    name: 'counting',
    aggregates: [],
    openEvents: () => Promise.resolve(source),
    openReadModels: () => Promise.resolve({ projections: [], close: () => Promise.resolve() }),
    openEventsAt: open,
    openEventStoreAt: open,
  };
  const terminal = {
    isInteractive: false,
    errorStream: process.stderr,
    print: (line: string) => Promise.resolve(void printed.push(line)),
    say: (line: string) => void said.push(line),
  };
  context = { application, settings: { env: {} }, terminal, signal: stopping.signal };
  for (const stream of [streamName('ticket-a'), streamName('ticket-b')]) {
    const events = [{ id: eventIdOf('test', stream, 0), type: 'Opened', data: {}, metadata: {} }];
    await source.append(stream, events, { expectedRevision: 'any' });
  }
});

describe('a copy that is stopped', () => {
  it.each(['readAll', 'head'] as const)('before its first event, in %s, ends with 130, and says how to go on', async (method) => {
    const asked = method === 'readAll' ? target : source;
    const real = asked[method].bind(asked) as (...args: unknown[]) => unknown;
    Object.assign(asked, { [method]: (...args: unknown[]) => (stopping.abort(), real(...args)) });
    expect(await copy(context, { from: 'one', to: 'other' })).toBe(130);
    expect(said.at(-1)).toMatch(/^Stopped\. Run the same command/);
    expect(printed).toEqual([]);
  });
});

describe('a comparison', () => {
  it('that cannot read a store does not look like a difference', async () => {
    await expect(copy(context, { from: 'one', to: 'away', verify: true })).rejects.toMatchObject({
      code: 'CLI_NOT_COMPARED',
      message: expect.stringContaining('EVENT_STORE_UNAVAILABLE'),
    });
    Object.assign(target, { readAll: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Away()) }) }) });
    await expect(copy(context, { from: 'one', to: 'other', verify: true })).rejects.toMatchObject({ code: 'CLI_NOT_COMPARED' });
  });

  it('ends with 1 if they differ', async () => {
    expect(await copy(context, { from: 'one', to: 'other', verify: true })).toBe(1);
  });

  it('refuses a wrong option as such', async () => {
    await expect(copy(context, { from: 'one', to: 'other', verify: true, follow: true })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
  });
});
