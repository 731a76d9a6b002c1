// What clients do with persistent subscriptions, under the titles by which the answers of a real server are recorded.
import {
  END,
  eventTypeFilter,
  PARK,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  RETRY,
  SKIP,
  START,
  STOP,
  streamNameFilter,
  type PersistentSubscriptionToStreamSettings,
} from '@eventstore/db-client';
import { outcomeOf, ScenarioConsumer, until, type Answer, type Scenario, type Seen } from './scenario.js';

type Settings = Partial<PersistentSubscriptionToStreamSettings>;

const create = ({ client }: Scenario, stream: string, group: string, settings: Settings = {}): Promise<void> =>
  client.createPersistentSubscriptionToStream(stream, group, persistentSubscriptionToStreamSettingsFromDefaults(settings));

const follow = ({ client }: Scenario, stream: string, answer?: (seen: Seen, nth: number) => Answer, group = 'g'): ScenarioConsumer =>
  new ScenarioConsumer(client.subscribeToPersistentSubscriptionToStream(stream, group), answer);

const numberOf = ({ event }: Seen): number => (event?.data as { readonly n: number } | undefined)?.n ?? -1;

/** `count` events, a group from the start, and what its consumer has seen when `lines` have come. */
const givenOut = async (
  scenario: Scenario,
  { count, lines, settings, answer }: { count: number; lines: number; settings?: Settings; answer?: (seen: Seen, nth: number) => Answer },
): Promise<{ readonly stream: string; readonly seen: readonly string[] }> => {
  const stream = scenario.stream();
  await scenario.append(stream, count);
  await create(scenario, stream, 'g', { startFrom: START, ...settings });
  const consumer = follow(scenario, stream, answer);
  const seen = await consumer.seen(lines);
  await consumer.end();
  return { stream, seen };
};

const infoLines = async ({ client }: Scenario, stream: string): Promise<readonly string[]> => {
  const { eventSource, groupName, status, settings, stats } = await client.getPersistentSubscriptionToStreamInfo(stream, 'g');
  const { parkedMessageCount, retryBufferCount, totalInFlightMessages, lastCheckpointedEventRevision: at, lastKnownEventRevision: known } = stats;
  const settingsText = JSON.stringify(settings, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  const figures = `parked ${parkedMessageCount} retry ${retryBufferCount} inflight ${totalInFlightMessages}`;
  return [
    `source ${eventSource} group ${groupName} status ${status}`,
    `settings ${settingsText}`,
    `${figures} checkpointed ${at ?? '-'} known ${known ?? '-'}`,
  ];
};

const EACH_AT_ONCE = { checkPointLowerBound: 1, checkPointUpperBound: 1, checkPointAfter: 100 };

export const PERSISTENT_SCENARIOS: Readonly<Record<string, (scenario: Scenario) => Promise<readonly string[]>>> = {
  'create, twice, update, delete, and of what is not there': async (scenario) => {
    const { client } = scenario;
    const stream = scenario.stream();
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({ maxRetryCount: 3 });
    return [
      await outcomeOf(create(scenario, stream, 'g')),
      await outcomeOf(create(scenario, stream, 'g')),
      await outcomeOf(client.updatePersistentSubscriptionToStream(stream, 'g', settings)),
      await outcomeOf(client.updatePersistentSubscriptionToStream(stream, 'no', settings)),
      await outcomeOf(client.deletePersistentSubscriptionToStream(stream, 'g')),
      await outcomeOf(client.deletePersistentSubscriptionToStream(stream, 'g')),
      await outcomeOf(client.getPersistentSubscriptionToStreamInfo(stream, 'g')),
    ];
  },
  'defaults as info tells them': async (scenario) => {
    const stream = scenario.stream();
    await create(scenario, stream, 'g');
    return infoLines(scenario, stream);
  },
  'info after some work': async (scenario) => {
    const stream = scenario.stream();
    await scenario.append(stream, 5);
    await create(scenario, stream, 'g', { startFrom: START, ...EACH_AT_ONCE });
    const consumer = follow(scenario, stream, (_seen, nth) => (nth === 2 ? PARK : 'ack'));
    const seen = await consumer.seen(5);
    await until(async () => (await infoLines(scenario, stream)).at(-1)?.includes('parked 1 retry 0 inflight 0 checkpointed 4') === true);
    const info = await infoLines(scenario, stream);
    await consumer.end();
    return [...seen, ...info.filter((line) => !line.startsWith('settings'))];
  },
  'from the start, from a revision, from the end': async (scenario) => {
    const stream = scenario.stream();
    await scenario.append(stream, 4);
    const lines: string[] = [];
    for (const [group, startFrom, count] of [
      ['start', START, 5],
      ['two', 2n, 4],
      ['end', END, 1],
    ] as const) {
      await create(scenario, stream, group, { startFrom });
      const consumer = follow(scenario, stream, undefined, group);
      await consumer.seen(count - 1);
      await scenario.append(stream, 1, 'later');
      lines.push(group, ...(await consumer.seen(count)));
      await consumer.end();
    }
    return lines;
  },
  'on a stream that comes later': async (scenario) => {
    const stream = scenario.stream();
    await create(scenario, stream, 'g', { startFrom: START });
    const consumer = follow(scenario, stream);
    await consumer.connected();
    await scenario.append(stream, 2);
    const seen = await consumer.seen(2);
    await consumer.end();
    return seen;
  },
  'subscribing to a group that is not there': async (scenario) => follow(scenario, scenario.stream(), undefined, 'no').seen(1),
  'acknowledged is not delivered again to the next subscriber': async (scenario) => {
    const first = await givenOut(scenario, { count: 6, lines: 6, settings: EACH_AT_ONCE, answer: (_seen, nth) => (nth < 3 ? 'ack' : 'none') });
    const consumer = follow(scenario, first.stream);
    const second = await consumer.seen(3);
    await consumer.end();
    return ['first', ...first.seen, 'second', ...second];
  },
  retry: async (scenario) => {
    let retries = 0;
    const { seen } = await givenOut(scenario, { count: 2, lines: 4, answer: (one) => (numberOf(one) === 0 && retries++ < 2 ? RETRY : 'ack') });
    return seen.toSorted();
  },
  'retried too often is parked': async (scenario) => {
    const answer = (one: Seen): Answer => (numberOf(one) === 0 ? RETRY : 'ack');
    const { stream, seen } = await givenOut(scenario, { count: 2, lines: 4, settings: { maxRetryCount: 2 }, answer });
    await until(async () => !(await scenario.parked(stream))[0]?.startsWith('error'));
    return [...seen.toSorted(), 'parked', ...(await scenario.parked(stream))];
  },
  'park, and replay of the parked': async (scenario) => {
    const stream = scenario.stream();
    await scenario.append(stream, 3);
    await create(scenario, stream, 'g', { startFrom: START });
    let isReplayed = false;
    const consumer = follow(scenario, stream, (seen) => (numberOf(seen) === 1 && !isReplayed ? PARK : 'ack'));
    await consumer.seen(3);
    const parked = await scenario.parked(stream);
    isReplayed = true;
    await scenario.client.replayParkedMessagesToStream(stream, 'g');
    const seen = await consumer.seen(4);
    await consumer.end();
    return [...seen, 'parked', ...parked];
  },
  skip: async (scenario) => {
    const { stream, seen } = await givenOut(scenario, { count: 3, lines: 3, answer: (_seen, nth) => (nth === 1 ? SKIP : 'ack') });
    return [...seen, 'parked', ...(await scenario.parked(stream, {}))];
  },
  stop: async (scenario) => (await givenOut(scenario, { count: 3, lines: 3, answer: (_seen, nth) => (nth === 1 ? STOP : 'ack') })).seen,
  'not answered in time comes again': async (scenario) => {
    const answer = (_seen: Seen, nth: number): Answer => (nth < 1 ? 'none' : 'ack');
    return (await givenOut(scenario, { count: 1, lines: 2, settings: { messageTimeout: 500 }, answer })).seen;
  },
  'one subscriber too many': async (scenario) => {
    const stream = scenario.stream();
    await create(scenario, stream, 'g', { maxSubscriberCount: 1 });
    const one = follow(scenario, stream);
    await one.connected();
    const two = follow(scenario, stream);
    const seen = await two.seen(1);
    await Promise.all([one.end(), two.end()]);
    return seen;
  },
  'deleted under its subscriber': async (scenario) => {
    const stream = scenario.stream();
    await create(scenario, stream, 'g');
    const consumer = follow(scenario, stream);
    await consumer.connected();
    await scenario.client.deletePersistentSubscriptionToStream(stream, 'g');
    return consumer.seen(1);
  },
  'updated under its subscriber': async (scenario) => {
    const stream = scenario.stream();
    await create(scenario, stream, 'g');
    const consumer = follow(scenario, stream);
    await consumer.connected();
    await scenario.client.updatePersistentSubscriptionToStream(stream, 'g', persistentSubscriptionToStreamSettingsFromDefaults({ maxRetryCount: 2 }));
    return consumer.seen(1);
  },
  'two subscribers, round robin, each event once': async (scenario) => {
    const stream = scenario.stream();
    await create(scenario, stream, 'g', { startFrom: START, consumerStrategyName: 'RoundRobin' });
    const { lines, counts } = await bothSee(scenario, [follow(scenario, stream), follow(scenario, stream)], 10, () => [stream]);
    return [`${lines.length} in all, each of both some: ${counts.every((count) => count > 0)}`, ...lines.toSorted()];
  },
  'dispatch to single': async (scenario) => {
    const stream = scenario.stream();
    await create(scenario, stream, 'g', { startFrom: START, consumerStrategyName: 'DispatchToSingle' });
    const { lines, counts } = await bothSee(scenario, [follow(scenario, stream), follow(scenario, stream)], 6, () => [stream]);
    return [`one has all or the other: ${counts.includes(6)}`, `together ${lines.length}`];
  },
  'pinned keeps a stream at one subscriber': async (scenario) => {
    const { client, run } = scenario;
    const streams = Array.from({ length: 4 }, () => scenario.stream('pin'));
    const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: END, consumerStrategyName: 'Pinned' });
    await client.createPersistentSubscriptionToAll(`${run}pin`, settings, { filter: streamNameFilter({ prefixes: [`${run}pin`] }) });
    const consumers = [1, 2].map(() => new ScenarioConsumer(client.subscribeToPersistentSubscriptionToAll(`${run}pin`)));
    const { lines, shared } = await bothSee(scenario, consumers, 5, () => streams);
    await client.deletePersistentSubscriptionToAll(`${run}pin`);
    return [`together ${lines.length}`, `shared streams ${shared}`];
  },
  'on $all with a filter': async (scenario) => {
    const { client, run } = scenario;
    const stream = scenario.stream('all');
    const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: END });
    await client.createPersistentSubscriptionToAll(`${run}all`, settings, { filter: eventTypeFilter({ prefixes: [`${run}wanted`] }) });
    const consumer = new ScenarioConsumer(client.subscribeToPersistentSubscriptionToAll(`${run}all`));
    await consumer.connected();
    for (let n = 0; n < 3; n++) {
      await scenario.append(stream, 1, `${run}wanted`, n);
      await scenario.append(stream, 1, 'other', n);
    }
    const seen = await consumer.seen(3);
    await consumer.end();
    return [
      ...seen,
      await outcomeOf(client.createPersistentSubscriptionToAll(`${run}all`, persistentSubscriptionToAllSettingsFromDefaults())),
      await outcomeOf(client.deletePersistentSubscriptionToAll(`${run}all`)),
    ];
  },
  list: async (scenario) => {
    const stream = scenario.stream();
    await create(scenario, stream, 'g1');
    await create(scenario, stream, 'g2');
    const list = await scenario.client.listPersistentSubscriptionsToStream(stream);
    const lines = list.map(({ eventSource, groupName, status }) => `${eventSource} ${groupName} ${status}`);
    return [...lines.toSorted(), await outcomeOf(scenario.client.listPersistentSubscriptionsToStream(scenario.stream()))];
  },
  'on a tombstoned stream': async (scenario) => {
    const stream = scenario.stream();
    await scenario.append(stream, 2);
    await scenario.client.tombstoneStream(stream);
    return [await outcomeOf(create(scenario, stream, 'g', { startFrom: START }))];
  },
  'over truncated events': async (scenario) => {
    const stream = scenario.stream();
    await scenario.append(stream, 5);
    await scenario.client.setStreamMetadata(stream, { truncateBefore: 3 });
    await create(scenario, stream, 'g', { startFrom: START });
    const consumer = follow(scenario, stream);
    const seen = await consumer.seen(2);
    await consumer.end();
    return seen;
  },
};

/** What two consumers see when each of the streams is written `rounds` times. */
const bothSee = async (
  scenario: Scenario,
  consumers: readonly ScenarioConsumer[],
  rounds: number,
  streams: () => readonly string[],
): Promise<{ readonly lines: readonly string[]; readonly counts: readonly number[]; readonly shared: number }> => {
  for (const consumer of consumers) await consumer.connected();
  for (let n = 0; n < rounds; n++) for (const stream of streams()) await scenario.append(stream, 1, 'counted', n);
  const total = (): number => consumers.reduce((sum, { lines }) => sum + lines.length, 0);
  await until(() => total() >= rounds * streams().length);
  const seen = await Promise.all(consumers.map((consumer) => consumer.seen(0)));
  await Promise.all(consumers.map((consumer) => consumer.end()));
  const [one, other] = seen.map((lines) => new Set(lines.map((line) => line.split('#')[0])));
  return { lines: seen.flat(), counts: seen.map(({ length }) => length), shared: [...(one ?? [])].filter((name) => other?.has(name)).length };
};
