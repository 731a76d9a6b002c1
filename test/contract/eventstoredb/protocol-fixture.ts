// A server of EventStoreDB's protocol with real clients, and the words in which its semantics are told.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  jsonEvent,
  type AppendExpectedRevision,
  type AppendResult,
  type EventData,
  type ReadStreamOptions,
  type RecordedEvent,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { foreignServer } from '../../fixtures/foreign-server.js';
import { EventStoreDbServer, type EventStoreDbServerOptions } from '@mainstem/eventstoredb-server';

export interface ProtocolFixture {
  readonly dir: string;
  readonly server: EventStoreDbServer;
  readonly client: EventStoreDBClient;
  stop(): Promise<void>;
}

export const startProtocol = async (options: Partial<EventStoreDbServerOptions> = {}): Promise<ProtocolFixture> => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-protocol-'));
  const server = await EventStoreDbServer.start({ dir, port: 0, ...options });
  const client = EventStoreDBClient.connectionString(server.connectionString);
  const stop = async (): Promise<void> => {
    await client.dispose();
    await server.stop();
    await rm(dir, { recursive: true });
  };
  return { dir, server, client, stop };
};

/** For suites that need nothing of the server's inside: on the server of EVENTSTOREDB_URL, else on one of ours. */
export const startAnyServer = async (): Promise<Omit<ProtocolFixture, 'server' | 'dir'> & { readonly connectionString: string }> => {
  const connectionString = foreignServer();
  if (connectionString === undefined) {
    const { client, server, stop } = await startProtocol();
    return { client, connectionString: server.connectionString, stop };
  }
  const client = EventStoreDBClient.connectionString(connectionString);
  return { client, connectionString, stop: () => client.dispose() };
};

export const newStream = (): string => `row-${randomUUID()}`;

/** Events with ids of their own, or with these. */
export const events = (count: number, ids: readonly string[] = []): readonly EventData[] =>
  Array.from({ length: count }, (_, n) => jsonEvent({ id: ids[n] ?? randomUUID(), type: 'Counted', data: { n } }));

export const ids = (count: number): readonly string[] => Array.from({ length: count }, () => randomUUID());

/** How an append ended, in a word and a number. */
export type Outcome = readonly ['ok', bigint] | readonly ['wrong', bigint | 'no_stream'] | readonly ['deleted'];

/** The two append calls of a client: it uses the second one if credentials are given with the call. */
export const WAYS = [
  ['BatchAppend', {}],
  ['Append', { credentials: { username: 'admin', password: 'ignored without TLS' } }],
] as const;
export type Way = (typeof WAYS)[number][1];

export const append = (
  client: EventStoreDBClient,
  stream: string,
  what: readonly EventData[],
  expectedRevision: AppendExpectedRevision,
  way: Way = {},
): Promise<AppendResult> => client.appendToStream(stream, [...what], { expectedRevision, ...way });

export const outcomeOf = async (appended: Promise<AppendResult>): Promise<Outcome> => {
  try {
    return ['ok', (await appended).nextExpectedRevision];
  } catch (error) {
    const { type, actualVersion } = error as { readonly type?: string; readonly actualVersion?: bigint | 'no_stream' };
    // Deletes are refused with the number that the protocol has for "no stream".
    if (type === 'wrong-expected-version' && actualVersion !== undefined) return ['wrong', actualVersion === -1n ? 'no_stream' : actualVersion];
    if (type === 'stream-deleted') return ['deleted'];
    throw error;
  }
};

export const read = async (client: EventStoreDBClient, stream: string, options: ReadStreamOptions = {}): Promise<readonly RecordedEvent[]> => {
  const found: RecordedEvent[] = [];
  for await (const { event } of client.readStream(stream, options)) if (event) found.push(event);
  return found;
};

export const revisions = async (client: EventStoreDBClient, stream: string, options: ReadStreamOptions = {}): Promise<readonly bigint[]> =>
  (await read(client, stream, options)).map((event) => event.revision);

/** The `type` by which the client tells its errors apart. */
export const errorType = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return (error as { readonly type?: string }).type ?? error;
  }
};

export const positionOf = ({ event }: ResolvedEvent): bigint => event?.position?.commit ?? -1n;

export const headOf = async (client: EventStoreDBClient): Promise<bigint> => {
  let head = -1n;
  for await (const resolved of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 })) head = positionOf(resolved);
  return head;
};

/** Brings a new stream into each state that a write can meet. Where it holds any events, they are three: 0 to 2. */
export const STATES: Readonly<Record<string, (client: EventStoreDBClient, stream: string) => Promise<unknown>>> = {
  unwritten: () => Promise.resolve(),
  'with metadata only': (client, stream) => client.setStreamMetadata(stream, { maxCount: 100 }),
  written: (client, stream) => append(client, stream, events(3), 'no_stream'),
  'soft-deleted': async (client, stream) => {
    await append(client, stream, events(3), 'no_stream');
    await client.deleteStream(stream);
  },
  tombstoned: async (client, stream) => {
    await append(client, stream, events(3), 'no_stream');
    await client.tombstoneStream(stream);
  },
  'tombstoned unwritten': (client, stream) => client.tombstoneStream(stream),
};
