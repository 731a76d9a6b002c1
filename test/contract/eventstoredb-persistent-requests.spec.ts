// What is asked of persistent subscriptions: limits, what is told, what is refused.
import { once } from 'node:events';
import {
  EventStoreDBClient,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
} from '@eventstore/db-client';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GroupFixture, STREAM } from './eventstoredb/group-fixture.js';
import { errorType, startProtocol } from './eventstoredb/protocol-fixture.js';
import { RawProtocol } from './eventstoredb/raw-protocol.js';

const PERSISTENT = 'event_store.client.persistent_subscriptions.PersistentSubscriptions';

describe('a server with persistent subscriptions', () => {
  let group: GroupFixture;
  beforeEach(async () => {
    group = await GroupFixture.start();
  });
  afterEach(() => group.stop());

  it('gives a consumer no more than it takes at a time, and tells what it has', async () => {
    await group.append(5);
    await group.create({ extraStatistics: true });
    const consumer = group.follow((_seen, nth) => (nth < 1 ? 'ack' : 'none'), 2);
    expect(await consumer.seen(3)).toHaveLength(3);
    const { stats, connections } = await group.info();
    expect(stats).toMatchObject({ totalInFlightMessages: 2, outstandingMessagesCount: 2, totalItems: 3n, readBufferCount: 2 });
    expect(connections).toMatchObject([{ availableSlots: 0, inFlightMessages: 2, totalItems: 3n }]);
    expect(connections[0]?.extraStatistics?.get('highest')).toBeGreaterThan(0n);
    await consumer.end();
    await expect.poll(async () => (await group.info()).stats).toMatchObject({ retryBufferCount: 2, totalInFlightMessages: 0 });
  });

  it('lists all groups, and those of a source', async () => {
    await group.create();
    await group.client.createPersistentSubscriptionToAll('all', persistentSubscriptionToAllSettingsFromDefaults());
    const names = (list: readonly { readonly eventSource: string; readonly groupName: string }[]) =>
      list.map((one) => `${one.eventSource} ${one.groupName}`);
    expect(names(await group.client.listAllPersistentSubscriptions())).toEqual(['$all all', `${STREAM} g`]);
    expect(names(await group.client.listPersistentSubscriptionsToAll())).toEqual(['$all all']);
  });

  it('refuses a group that reads as much at once as it holds', async () => {
    expect(await errorType(group.create({ readBatchSize: 500 }))).toBe('persistent-subscription-failed');
    expect(await errorType(group.info())).toBe('persistent-subscription-does-not-exist');
  });

  it('understands clients that name the stream beside the settings, and refuses what makes no sense', async () => {
    const raw = new RawProtocol(group.server.port);
    const settings = { live_buffer_size: 500, read_batch_size: 20, history_buffer_size: 500, message_timeout_ticks: 300_000_000 };
    const asked = { stream_identifier: { stream_name: Buffer.from(STREAM) }, group_name: 'g' };
    const put = (options: object) => raw.unary(PERSISTENT, 'Create', { options: { ...asked, settings, ...options } });
    const consume = (options: object, ...more: readonly object[]) =>
      raw.exchange(PERSISTENT, 'Read', [{ options: { ...asked, ...options } }, ...more]);
    expect(await put({ settings: { ...settings, consumer_strategy: 'Nearest' } })).toMatchObject({ code: 13 });
    expect(await put({ settings: { ...settings, max_retry_count: -1 } })).toMatchObject({ code: 13 });
    expect(await put({ settings: undefined })).toMatchObject({ code: 3 });
    expect(await put({ group_name: '' })).toMatchObject({ code: 13 });
    expect(await put({ settings: { ...settings, revision: '18446744073709551615' } })).toEqual({});
    expect((await group.info()).settings).toMatchObject({ startFrom: 'end', messageTimeout: 30_000, consumerStrategyName: 'DispatchToSingle' });
    expect(await consume({ buffer_size: 0 })).toMatchObject({ status: 3 });
    expect(await consume({ buffer_size: 1, group_name: 'no' })).toMatchObject({ status: 5 });
    expect(await consume({ buffer_size: 1, stream_identifier: undefined })).toMatchObject({ status: 3 });
    expect(await consume({ buffer_size: 1 }, { nack: { action: 9 } })).toMatchObject({ status: 3 });
    raw.close();
  });

  it('refuses a group that there is no room for in the event that tells all', async () => {
    const small = await startProtocol({ writeBytesMax: 2_000 });
    const create = (group: string) =>
      small.client.createPersistentSubscriptionToStream(STREAM, group, persistentSubscriptionToStreamSettingsFromDefaults({}));
    const outcomes = [];
    for (let n = 0; n < 6; n++) outcomes.push(await errorType(create(`g${n}`)));
    expect(outcomes[0]).toBe('no error');
    expect(outcomes.at(-1)).toBe('persistent-subscription-failed');
    const listed = await small.client.listPersistentSubscriptionsToStream(STREAM);
    expect(listed).toHaveLength(outcomes.filter((outcome) => outcome === 'no error').length);
    await small.stop();
  });

  it('refuses to replay what a group that is not there has parked, or up to before the first', async () => {
    expect(await errorType(group.client.replayParkedMessagesToStream(STREAM, 'no'))).toBe('persistent-subscription-does-not-exist');
    await group.create();
    expect(await errorType(group.client.replayParkedMessagesToStream(STREAM, 'g', { stopAt: -1 }))).toBe('persistent-subscription-failed');
  });

  it('drops consumers of a stream that was tombstoned before the group was there', async () => {
    await group.append(1);
    await group.client.tombstoneStream(STREAM);
    await group.create();
    expect(await group.follow().seen(1)).toEqual(['error persistent-subscription-dropped']);
  });

  it('serves the groups of a folder in one process at a time', async () => {
    await group.create();
    const second = await EventStoreDbServer.start({ dir: group.dir, port: 0 });
    const other = EventStoreDBClient.connectionString(second.connectionString);
    try {
      expect(await errorType(other.getPersistentSubscriptionToStreamInfo(STREAM, 'g'))).toBe('unavailable');
      await group.server.stop();
      expect((await other.getPersistentSubscriptionToStreamInfo(STREAM, 'g')).groupName).toBe('g');
    } finally {
      await other.dispose();
      await second.stop();
    }
  });

  it('ends consumers with UNAVAILABLE when it stops', async () => {
    await group.create();
    const subscription = group.client.subscribeToPersistentSubscriptionToStream(STREAM, 'g');
    await once(subscription, 'confirmation');
    const failed = once(subscription, 'error');
    await group.server.stop();
    expect((await failed)[0]).toMatchObject({ type: 'unavailable' });
  });
});
