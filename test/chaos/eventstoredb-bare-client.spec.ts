// The event store server with EventStoreDB's own client: either one is killed, and nothing acknowledged is lost.
import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { describe, expect, it } from 'vitest';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

const KILLS = 4;
const CLIENTS = 2;
const IN_FLIGHT = 8;
/** As workers/bare-client.ts makes them. */
const EVENTS_OF_AN_APPEND = 500;
const EVERYTHING = 1_000_000;

describe('the event store server with EventStoreDB’s own client', () => {
  it('killed while two clients append has everything that it acknowledged, each append complete and once', async () => {
    const chance = chanceOf('the event store server killed under bare clients');
    await inFolder(async (dir) => {
      const acknowledged = new Map<string, bigint>();
      let port = '0';
      for (let kill = 0; kill < trials(KILLS); kill++) {
        await using server = new WorkerProcess('event-store-server.ts', { args: [dir, port] });
        port = String((await server.until('listening'))['port']);
        const before = acknowledged.size;
        const clients = Array.from({ length: CLIENTS }, () => EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`));
        const writing = clients.flatMap((client, number) =>
          Array.from({ length: IN_FLIGHT }, async (_, writer) => {
            // The first failure is the kill.
            for (let n = 0; ; n++) {
              const events = [0, 1, 2].map((index) => jsonEvent({ type: 'Counted', data: { kill, n, index } }));
              const result = await client.appendToStream(`w-${number}.${writer}`, events).catch(() => undefined);
              if (!result) return;
              for (const [index, { id }] of events.entries()) acknowledged.set(id, result.nextExpectedRevision - 2n + BigInt(index));
            }
          }),
        );
        await expect.poll(() => acknowledged.size - before, { timeout: 60_000, interval: 1 }).toBeGreaterThan(chance.int(50, 300));
        await server.kill();
        await Promise.all(writing);
        await Promise.all(clients.map((client) => client.dispose()));
      }
      await expectAcknowledged(dir, acknowledged);
    });
  });

  it('holds each append of a client that is killed in the middle of its parts completely or not at all', async () => {
    const chance = chanceOf('a bare client killed');
    await inFolder(async (dir) => {
      const server = await EventStoreDbServer.start({ dir, port: 0 });
      const reader = EventStoreDBClient.connectionString(server.connectionString);
      for (let kill = 0; kill < trials(KILLS); kill++) {
        await using client = new WorkerProcess('bare-client.ts', { args: [server.connectionString, `parts-${kill}`] });
        await client.until('acknowledged');
        await delay(chance.int(5, 100));
        await client.kill();
        const last = Number(client.last.get('acknowledged')?.['command']);
        const counts = new Map<number, number>();
        for await (const { event } of reader.readStream(`parts-${kill}`, { maxCount: EVERYTHING })) {
          const command = (event?.data as { readonly command: number } | undefined)?.command ?? -1;
          counts.set(command, (counts.get(command) ?? 0) + 1);
        }
        expect(new Set(counts.values())).toEqual(new Set([EVENTS_OF_AN_APPEND]));
        expect(counts.size).toBeGreaterThanOrEqual(last + 1);
        expect(counts.size).toBeLessThanOrEqual(last + 2);
      }
      await reader.dispose();
      await server.stop();
    });
  });
});

/** Acknowledged events are at their revision; appends of three without an answer are there completely or not at all. */
const expectAcknowledged = async (dir: string, acknowledged: ReadonlyMap<string, bigint>): Promise<void> => {
  const server = await EventStoreDbServer.start({ dir, port: 0 });
  const client = EventStoreDBClient.connectionString(server.connectionString);
  const found = new Map<string, bigint>();
  let count = 0;
  for await (const { event } of client.readAll({ maxCount: EVERYTHING })) {
    count++;
    if (event) found.set(event.id, event.revision);
  }
  expect(found.size).toBe(count);
  expect(count % 3).toBe(0);
  for (const [id, revision] of acknowledged) expect(found.get(id)).toBe(revision);
  await client.dispose();
  await server.stop();
};
