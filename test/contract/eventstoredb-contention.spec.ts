// Appends without a revision to a stream that a nearer client keeps writing: reading its end and appending there never
// wins.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventIdOf, streamName, type AppendResult, type NewEvent, type RecordedEvent } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { TcpProxy } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** One way through the proxy; the nearer client has appended several times meanwhile. */
const DELAY_MS = 20;
const ANSWER_MS = 1_000;
const PATIENCE_MS = 60_000;
const APPENDS = 5;
const STREAM = streamName('shared-1');

const eventsOf = (command: string): readonly NewEvent[] =>
  [0, 1].map((n) => ({ id: eventIdOf(command, STREAM, n), type: 'Counted', data: { n }, metadata: {} }));

describe.each(['any', 'stream-exists'] as const)(
  'an append at "%s" through EventStoreDB, beside a client that is always faster',
  (expectedRevision) => {
    let dir: string;
    let server: EventStoreDbServer;
    let proxy: TcpProxy;
    let near: EventStoreDbEventStore;
    let far: EventStoreDbEventStore;
    let hammering: Promise<void>;
    let isOver: boolean;
    /** Called with each place of the nearer client, and with how many events of others came before it. */
    let onAppended: (others: bigint) => void;

    beforeEach(async () => {
      dir = await mkdtemp(join(tmpdir(), 'mainstem-contention-'));
      server = await EventStoreDbServer.start({ dir, port: 0 });
      proxy = await TcpProxy.listen({ target: { host: '127.0.0.1', port: server.port } });
      const options = { answerTimeoutMs: ANSWER_MS, patienceMs: PATIENCE_MS };
      near = await EventStoreDbEventStore.open({ ...options, connectionString: server.connectionString });
      far = await EventStoreDbEventStore.open({ ...options, connectionString: `esdb://127.0.0.1:${proxy.port}?tls=false` });
      isOver = false;
      onAppended = () => undefined;
      let last = await near.append(STREAM, eventsOf('first'), { expectedRevision: 'no-stream' });
      const hammer = async (): Promise<void> => {
        for (let command = 0; !isOver; command++) {
          const next = await near.append(STREAM, eventsOf(`near ${command}`), { expectedRevision });
          onAppended(next.revision - last.revision - 2n);
          last = next;
        }
      };
      hammering = hammer();
      proxy.become({ kind: 'delay', delayMs: DELAY_MS });
    });
    afterEach(async () => {
      isOver = true;
      await hammering;
      await Promise.all([near.close(), far.close()]);
      await proxy.close();
      await server.stop();
      await rm(dir, { recursive: true });
    });

    const placesOf = async (command: string): Promise<readonly (readonly [unknown, bigint])[]> => {
      const ids = new Set<unknown>(eventsOf(command).map(({ id }) => id));
      const held: RecordedEvent[] = [];
      for await (const batch of near.readStream(STREAM)) held.push(...batch.filter(({ id }) => ids.has(id)));
      return held.map(({ id, revision }) => [id, revision]);
    };
    const expectHeldOnce = async (command: string, { revision }: AppendResult): Promise<void> => {
      const [first, second] = eventsOf(command);
      expect(await placesOf(command)).toEqual([
        [first?.id, revision - 1n],
        [second?.id, revision],
      ]);
    };

    it('takes effect', async () => {
      for (let n = 0; n < APPENDS; n++) await expectHeldOnce(`far ${n}`, await far.append(STREAM, eventsOf(`far ${n}`), { expectedRevision }));
    });

    it('takes effect once when its answer is lost and the server, started anew, remembers no ids', async () => {
      const restarted = new Promise<void>((resolve, reject) => {
        onAppended = (others) => {
          if (others === 0n) return;
          // It has taken effect this moment; its answer is still held up.
          proxy.become({ kind: 'refuse' });
          proxy.reset();
          onAppended = () => undefined;
          server
            .stop()
            .then(async () => {
              server = await EventStoreDbServer.start({ dir, port: server.port });
              proxy.become({ kind: 'none' });
            })
            .then(resolve, reject);
        };
      });
      const place = await far.append(STREAM, eventsOf('far'), { expectedRevision });
      await restarted;
      await expectHeldOnce('far', place);
    });
  },
);
