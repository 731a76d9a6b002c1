// Persistent subscriptions beyond the recordings: what survives a restart, parking and replays, and what must not
// happen.
import {
  jsonEvent,
  PARK,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  RETRY,
  SKIP,
  START,
} from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHECKPOINT, EACH, GroupFixture, NONE, PARKED, revisionsOf, STREAM } from './eventstoredb/group-fixture.js';
import { errorType } from './eventstoredb/protocol-fixture.js';
import { counted, ScenarioConsumer } from './eventstoredb/scenario.js';

describe('a persistent subscription', () => {
  let group: GroupFixture;
  beforeEach(async () => {
    group = await GroupFixture.start();
  });
  afterEach(() => group.stop());

  it('goes on from the checkpoint when it was started again, with what was not acknowledged and what is new', async () => {
    await group.append(4);
    await group.create(EACH);
    const one = group.follow((_seen, nth) => (nth < 2 ? 'ack' : 'none'));
    await one.seen(4);
    await expect.poll(async () => (await group.info()).stats.lastCheckpointedEventRevision).toBe(1n);
    expect((await group.read(CHECKPOINT)).map(({ type, data }) => [type, data])).toEqual([
      ['$SubscriptionCheckpoint', '0'],
      ['$SubscriptionCheckpoint', '1'],
    ]);
    await group.restart();
    await group.append(1);
    const two = group.follow();
    expect(revisionsOf(await two.seen(3))).toEqual(['2 retry 0', '3 retry 0', '4 retry 0']);
    await two.end();
  });

  it('begins a group from the end where that was when it was created, also after a restart before its first checkpoint', async () => {
    await group.append(3);
    await group.create({ startFrom: 'end', ...NONE });
    await group.append(2);
    await group.restart();
    await group.append(1);
    const consumer = group.follow();
    expect(revisionsOf(await consumer.seen(3))).toEqual(['3 retry 0', '4 retry 0', '5 retry 0']);
    await consumer.end();
  });

  it('keeps groups as they were created and updated, and what is parked', async () => {
    await group.append(3);
    await group.create({ maxRetryCount: 7, consumerStrategyName: 'Pinned' });
    const consumer = group.follow((_seen, nth) => (nth === 0 ? PARK : 'ack'));
    await consumer.seen(3);
    await expect.poll(async () => (await group.info()).stats.parkedMessageCount).toBe(1n);
    await group.client.updatePersistentSubscriptionToStream(
      STREAM,
      'g',
      persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, messageTimeout: 9_000 }),
    );
    await group.restart();
    const { settings, stats } = await group.info();
    expect(settings).toMatchObject({ messageTimeout: 9_000, maxRetryCount: 10, consumerStrategyName: 'RoundRobin' });
    expect(stats.parkedMessageCount).toBe(1n);
    const [parked] = await group.read(PARKED);
    expect(parked?.metadata).toMatchObject({ added: expect.any(String), reason: "Client explicitly NAK'ed message.\nbecause" });
    expect(await group.read('$persistentSubscriptionConfig')).toHaveLength(2);
  });

  it('replays what is parked up to a revision, and all of it', async () => {
    await group.append(4);
    await group.create();
    const parking = group.follow(() => PARK);
    await parking.seen(4);
    await parking.end();
    await expect.poll(async () => (await group.info()).stats.parkedMessageCount).toBe(4n);
    await group.client.replayParkedMessagesToStream(STREAM, 'g', { stopAt: 2 });
    await expect.poll(async () => (await group.info()).stats).toMatchObject({ parkedMessageCount: 2n, retryBufferCount: 2 });
    const consumer = group.follow();
    expect(await consumer.seen(2)).toHaveLength(2);
    await group.client.replayParkedMessagesToStream(STREAM, 'g');
    expect(revisionsOf(await consumer.seen(4))).toEqual(['0 retry 0', '1 retry 0', '2 retry 0', '3 retry 0']);
    expect((await group.info()).stats.parkedMessageCount).toBe(0n);
    await consumer.end();
  });

  it('keeps parked what a replay has given out until it is answered, also when it is started again meanwhile', async () => {
    await group.append(3);
    await group.create(EACH);
    const parking = group.follow(() => PARK);
    await parking.seen(3);
    await parking.end();
    await expect.poll(async () => (await group.info()).stats.parkedMessageCount).toBe(3n);
    await group.client.replayParkedMessagesToStream(STREAM, 'g');
    const idle = group.follow(() => 'none');
    await idle.seen(3);
    expect((await group.info()).stats.parkedMessageCount).toBe(0n);
    await group.restart();
    expect((await group.info()).stats.parkedMessageCount).toBe(3n);
    await group.client.replayParkedMessagesToStream(STREAM, 'g');
    const consumer = group.follow();
    expect(revisionsOf(await consumer.seen(3))).toEqual(['0 retry 0', '1 retry 0', '2 retry 0']);
    await expect.poll(() => errorType(group.read(PARKED))).toBe('no error');
    await expect.poll(() => group.read(PARKED)).toEqual([]);
    await consumer.end();
    await group.restart();
    expect((await group.info()).stats.parkedMessageCount).toBe(0n);
  });

  it('replays more than the group holds', async () => {
    await group.append(60);
    await group.create({ historyBufferSize: 20, readBatchSize: 10 });
    const parking = group.follow(() => PARK);
    await parking.seen(60);
    await parking.end();
    await expect.poll(async () => (await group.info()).stats.parkedMessageCount).toBe(60n);
    await group.client.replayParkedMessagesToStream(STREAM, 'g');
    const consumer = group.follow();
    expect(revisionsOf(await consumer.seen(60))).toEqual(Array.from({ length: 60 }, (_, n) => `${n} retry 0`));
    await consumer.end();
  });

  it('parks again what fails again after a replay', async () => {
    await group.append(1);
    await group.create({ maxRetryCount: 1 });
    const consumer = group.follow(() => RETRY);
    await consumer.seen(2);
    await expect.poll(async () => (await group.info()).stats.parkedMessageCount).toBe(1n);
    await group.client.replayParkedMessagesToStream(STREAM, 'g');
    expect(revisionsOf(await consumer.seen(4))).toEqual(['0 retry 0', '0 retry 1', '0 retry 0', '0 retry 1']);
    await expect.poll(async () => (await group.info()).stats.parkedMessageCount).toBe(1n);
    const [last] = (await group.read(PARKED)).slice(-1);
    expect(last).toMatchObject({ metadata: { reason: 'Reached retry count of 1' } });
    await consumer.end();
  });

  it('parks messages that are too often not answered in time', async () => {
    await group.append(1);
    await group.create({ messageTimeout: 100, maxRetryCount: 1 });
    const consumer = group.follow(() => 'none');
    expect(revisionsOf(await consumer.seen(2))).toEqual(['0 retry 0', '0 retry 1']);
    await expect.poll(async () => (await group.info()).stats, { timeout: 5_000 }).toMatchObject({ parkedMessageCount: 1n, totalInFlightMessages: 0 });
    await consumer.end();
  });

  it('begins the groups again when the subsystem is restarted, and drops their consumers', async () => {
    await group.append(2);
    await group.create(EACH);
    const consumer = group.follow((_seen, nth) => (nth === 0 ? 'ack' : 'none'));
    await consumer.seen(2);
    await expect.poll(async () => (await group.info()).stats.lastCheckpointedEventRevision).toBe(0n);
    const restarting = group.client.restartPersistentSubscriptionSubsystem();
    // Those who ask meanwhile are answered as before and after.
    for (let look = 0; look < 5; look++) expect((await group.info()).groupName).toBe('g');
    await restarting;
    expect((await consumer.seen(3)).at(-1)).toBe('error persistent-subscription-dropped');
    const again = group.follow();
    expect(revisionsOf(await again.seen(1))).toEqual(['1 retry 0']);
    await again.end();
  });

  it('forgets progress and parked events of a group that is deleted', async () => {
    await group.append(2);
    await group.create(EACH);
    const one = group.follow((_seen, nth) => (nth === 0 ? PARK : 'ack'));
    await one.seen(2);
    await expect.poll(async () => (await group.info()).stats).toMatchObject({ lastCheckpointedEventRevision: 1n, parkedMessageCount: 1n });
    await group.client.deletePersistentSubscriptionToStream(STREAM, 'g');
    expect(await errorType(group.read(CHECKPOINT))).toBe('stream-not-found');
    await group.create();
    expect((await group.info()).stats.parkedMessageCount).toBe(0n);
    const two = group.follow((_seen, nth) => (nth === 0 ? SKIP : 'ack'));
    expect(revisionsOf(await two.seen(2))).toEqual(['0 retry 0', '1 retry 0']);
    await two.end();
  });

  it('gives out the same id twice, and waits for both', async () => {
    const [event] = counted(1);
    if (!event) throw new Error('no event');
    await group.client.appendToStream(STREAM, [event], { expectedRevision: 'no_stream' });
    await group.client.appendToStream(STREAM, [event], { expectedRevision: 0n });
    await group.create();
    const consumer = group.follow(() => 'none', 2);
    expect(revisionsOf(await consumer.seen(2))).toEqual(['0 retry 0', '1 retry 0']);
    expect((await group.info()).stats).toMatchObject({ totalInFlightMessages: 2 });
    await consumer.end();
    const again = group.follow();
    expect(revisionsOf(await again.seen(2))).toEqual(['0 retry 1', '1 retry 1']);
    await again.end();
  });

  it('comes through a long stream in order, whatever is committed meanwhile', async () => {
    await group.append(700);
    await group.create({ historyBufferSize: 50, liveBufferSize: 20, readBatchSize: 10 });
    const consumer = group.follow();
    for (let n = 0; n < 30; n++) await group.append(10);
    const lines = await consumer.seen(1_000);
    expect(revisionsOf(lines)).toEqual(Array.from({ length: 1_000 }, (_, n) => `${n} retry 0`));
    expect((await group.info()).status).toBe('Live');
    await consumer.end();
  });

  it('shows readers and groups of all streams nothing of what groups on all streams keep', async () => {
    const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START, ...EACH });
    await group.client.createPersistentSubscriptionToAll('all', settings);
    await group.append(3);
    const consumer = new ScenarioConsumer(group.client.subscribeToPersistentSubscriptionToAll('all'), (_seen, nth) => (nth === 0 ? PARK : 'ack'));
    await expect.poll(() => consumer.lines.filter((line) => line.startsWith(STREAM))).toHaveLength(3);
    await expect.poll(async () => (await group.client.getPersistentSubscriptionToAllInfo('all')).stats.parkedMessageCount).toBe(1n);
    expect(await group.read('$persistentsubscription-$all::all-checkpoint')).not.toEqual([]);
    const streams = new Set<string>();
    for await (const { event } of group.client.readAll()) streams.add(event?.streamId ?? '');
    expect([...streams].filter((stream) => stream.startsWith('$persistentsubscription-$all'))).toEqual([]);
    expect((await consumer.seen(0)).filter((line) => line.startsWith('$persistentsubscription'))).toEqual([]);
    await consumer.end();
  });

  it('notes progress on all streams also over what is not wanted', async () => {
    const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START, checkPointLowerBound: 5, checkPointUpperBound: 5 });
    await group.client.createPersistentSubscriptionToAll('all', settings, {
      filter: { filterOn: 'eventType', prefixes: ['wanted'], maxSearchWindow: 32 } as never,
    });
    for (let n = 0; n < 12; n++) await group.append(1);
    await expect
      .poll(async () => (await group.client.getPersistentSubscriptionToAllInfo('all')).stats.lastCheckpointedEventPosition?.commit ?? 0n)
      .toBeGreaterThan(5n);
    await group.client.appendToStream('other', [jsonEvent({ type: 'wanted', data: { n: 0 } })]);
    const consumer = new ScenarioConsumer(group.client.subscribeToPersistentSubscriptionToAll('all'));
    expect(await consumer.seen(1)).toEqual(['other#0 wanted {"n":0} retry 0']);
    await consumer.end();
  });
});
