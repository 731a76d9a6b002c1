// Appends to several streams over EventStoreDB's protocol: on servers that do not offer them, and while ours is killed.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eventIdOf, streamName, type AppendAllResult, type NewEvent, type RecordedEvent, type StreamAppend } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SOURCE_ARGUMENTS } from '../fixtures/source-arguments.js';
import { startAnsweringProxy } from './eventstoredb/answering-proxy.js';

const SERVER = fileURLToPath(new URL('../../apps/event-store/src/main.ts', import.meta.url));
const KILLS = 3;
const CLIENTS = 8;
const CALLS_BETWEEN = 60;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-all-'));
});
afterEach(() => rm(dir, { recursive: true }));

const eventsOf = (command: string, side: string, count: number): readonly NewEvent[] =>
  Array.from({ length: count }, (_, n) => ({ id: eventIdOf(command, streamName(`${side}-any`), n), type: 'Noted', data: { command }, metadata: {} }));

/** One event, a condition, two events. */
const callOf = (command: string): readonly StreamAppend[] => [
  { stream: streamName(`left-${command}`), events: eventsOf(command, 'left', 1), expectedRevision: 'no-stream' },
  { stream: streamName('never-1'), events: [], expectedRevision: 'no-stream' },
  { stream: streamName(`right-${command}`), events: eventsOf(command, 'right', 2), expectedRevision: 'no-stream' },
];

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const readAll = async (store: EventStoreDbEventStore): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch);
  return events;
};

describe('appends to several streams over the protocol', () => {
  it('are refused by name on a server that does not offer them, and write nothing there', async () => {
    const server = await EventStoreDbServer.start({ dir, port: 0 });
    // It has the methods of EventStoreDB's appends and reads alone.
    const other = await startAnsweringProxy(server.port);
    const store = await EventStoreDbEventStore.open({ connectionString: other.connectionString });
    try {
      expect(store.hasAppendAll).toBe(false);
      await expect(store.appendAll(callOf('a'))).rejects.toMatchObject({ code: 'EVENT_STORE_APPEND_ALL_UNSUPPORTED' });
      expect(await readAll(store)).toEqual([]);
    } finally {
      await store.close();
      other.stop();
      await server.stop();
    }
  });

  it(`take effect once and whole while the server is killed ${KILLS} times`, { timeout: 180_000 }, async () => {
    const port = await freePort();
    const start = (): ChildProcess =>
      spawn(process.execPath, [...SOURCE_ARGUMENTS, SERVER, '--dir', dir, '--port', String(port)], { stdio: 'ignore' });
    const kill = async (child: ChildProcess): Promise<void> => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
    let server = start();
    const connectionString = `esdb://127.0.0.1:${port}?tls=false`;
    const store = await EventStoreDbEventStore.open({ connectionString, connectTimeoutMs: 60_000, patienceMs: 120_000 });
    const answers = new Map<string, AppendAllResult>();
    let isOver = false;
    const client = async (own: number): Promise<void> => {
      for (let call = 0; !isOver; call++) answers.set(`${own}-${call}`, await store.appendAll(callOf(`${own}-${call}`)));
    };
    const clients = Array.from({ length: CLIENTS }, (_, own) => client(own));
    try {
      for (let killed = 0; killed < KILLS; killed++) {
        const until = answers.size + CALLS_BETWEEN;
        while (answers.size < until) await delay(5);
        await kill(server);
        server = start();
      }
      isOver = true;
      await Promise.all(clients);
      const all = await readAll(store);
      const byCommand = Map.groupBy(all, ({ data }) => (data as { readonly command: string }).command);
      expect(new Set(byCommand.keys())).toEqual(new Set(answers.keys()));
      for (const [command, events] of byCommand) {
        expect(events.map(({ stream }) => stream)).toEqual([`left-${command}`, `right-${command}`, `right-${command}`]);
        const places = [events[0], undefined, events[2]].map((event) => event && { revision: event.revision, position: event.position });
        expect(answers.get(command)?.results).toEqual(places);
      }
      const [[command, answer]] = [...answers] as [[string, AppendAllResult]];
      expect(await store.appendAll(callOf(command))).toEqual(answer);
    } finally {
      isOver = true;
      await Promise.allSettled(clients);
      await store.close();
      await kill(server);
    }
  });
});
