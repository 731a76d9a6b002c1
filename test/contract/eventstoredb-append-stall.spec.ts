// Appends over a connection that has fallen silent: they end in time, and what they say is true.
import { randomUUID } from 'node:crypto';
import { eventId, streamName, type NewEvent } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { TcpProxy, type TcpFault } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { revisions, startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';

/** A fresh connection of a busy machine answers in time. */
const ANSWER_MS = 1_000;
const PATIENCE_MS = 4_000;
const LONG_PATIENCE_MS = 30_000;
/** The patience, one more attempt with its answer, and a busy machine. */
const END_MS_MAX = 20_000;
const WAITING = 50;

const counted = (n: number): NewEvent => ({ id: eventId(randomUUID()), type: 'Counted', data: { n }, metadata: {} });

describe.each<TcpFault['kind']>(['half-open', 'no-reply'])('appends over a connection that is %s', (kind) => {
  let fixture: ProtocolFixture;
  let proxy: TcpProxy;
  let store: EventStoreDbEventStore;
  const open = async (patienceMs: number): Promise<void> => {
    const connectionString = `esdb://127.0.0.1:${proxy.port}?tls=false`;
    store = await EventStoreDbEventStore.open({ connectionString, answerTimeoutMs: ANSWER_MS, patienceMs });
  };
  const openAndStall = async (patienceMs: number): Promise<void> => {
    await open(patienceMs);
    await store.append(streamName('before-1'), [counted(0)], { expectedRevision: 'no-stream' });
    proxy.become({ kind } as TcpFault);
  };
  beforeEach(async () => {
    fixture = await startProtocol();
    proxy = await TcpProxy.listen({ target: { host: '127.0.0.1', port: fixture.server.port } });
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
    await fixture.stop();
  });

  it('end within the patience with an error that leaves their outcome open, and repeated afterwards take effect once', async () => {
    await openAndStall(PATIENCE_MS);
    const appends = Array.from({ length: WAITING }, (_, n) => ({ stream: streamName(`stalled-${n}`), event: counted(n) }));
    const send = ({ stream, event }: (typeof appends)[number]) => store.append(stream, [event], { expectedRevision: 'no-stream' });
    const startedAt = performance.now();
    const ends = await Promise.all(appends.map((append) => send(append).catch((error: unknown) => error)));
    expect(performance.now() - startedAt).toBeLessThan(END_MS_MAX);
    for (const end of ends) expect(end).toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
    proxy.become({ kind: 'none' });
    await store.close();
    await open(LONG_PATIENCE_MS);
    for (const append of appends) expect(await send(append)).toMatchObject({ revision: 0n });
    for (const { stream } of appends) expect(await revisions(fixture.client, stream)).toEqual([0n]);
  });

  it('resolve with their true places when it heals in time', async () => {
    await openAndStall(LONG_PATIENCE_MS);
    const stream = streamName('healed-1');
    const append = store.append(stream, [counted(0), counted(1)], { expectedRevision: 'no-stream' });
    setTimeout(() => proxy.become({ kind: 'none' }), 2 * ANSWER_MS);
    const { revision, position } = await append;
    expect(revision).toBe(1n);
    expect(await store.head()).toBe(position);
    expect(await revisions(fixture.client, stream)).toEqual([0n, 1n]);
  });
});
