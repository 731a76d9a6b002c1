// What clients do with streams of links, under the titles by which the answers of a real server are recorded.
import { BACKWARDS, binaryEvent, END, jsonEvent, persistentSubscriptionToStreamSettingsFromDefaults, START } from '@eventstore/db-client';
import { lineOf, ScenarioConsumer, until, type Scenario } from './scenario.js';

const RESOLVED = { resolveLinkTos: true } as const;
const link = (text: string) => binaryEvent({ type: '$>', data: Buffer.from(text) });

export const LINK_SCENARIOS: Readonly<Record<string, (scenario: Scenario) => Promise<readonly string[]>>> = {
  'a category': async (scenario) => {
    const [one, other] = [scenario.stream('cat'), scenario.stream('cat')];
    await scenario.append(one, 2);
    await scenario.append(other, 1);
    await scenario.append(one, 1, 'last');
    const category = `$ce-${scenario.run}cat`;
    return [
      'resolved',
      ...(await scenario.read(category, RESOLVED)),
      'as links',
      ...(await scenario.read(category)),
      'backwards',
      ...(await scenario.read(category, { ...RESOLVED, direction: BACKWARDS, fromRevision: END, maxCount: 2 })),
      'from 2',
      ...(await scenario.read(category, { ...RESOLVED, fromRevision: 2n })),
    ];
  },
  'a type': async (scenario) => {
    const type = `${scenario.run}type`;
    const [one, other] = [scenario.stream(), scenario.stream()];
    await scenario.append(one, 1, type);
    await scenario.append(one, 1, 'other');
    await scenario.append(other, 2, type);
    return scenario.read(`$et-${type}`, RESOLVED);
  },
  'to truncated and to deleted events': async (scenario) => {
    const { client, run } = scenario;
    const [truncated, deleted, tombstoned] = [scenario.stream('gone'), scenario.stream('gone'), scenario.stream('gone')];
    await scenario.append(truncated, 3);
    await scenario.append(deleted, 1);
    await scenario.append(tombstoned, 1);
    await client.setStreamMetadata(truncated, { truncateBefore: 2 });
    await client.deleteStream(deleted);
    await client.tombstoneStream(tombstoned);
    return ['resolved', ...(await scenario.read(`$ce-${run}gone`, RESOLVED)), 'as links', ...(await scenario.read(`$ce-${run}gone`))];
  },
  'a subscription to a category catches up and goes on': async (scenario) => {
    await scenario.append(scenario.stream('sub'), 2);
    const lines: string[] = [];
    const subscription = scenario.client.subscribeToStream(`$ce-${scenario.run}sub`, { fromRevision: START, ...RESOLVED });
    subscription.on('data', (resolved) => lines.push(lineOf(resolved)));
    await until(() => lines.length === 2);
    await scenario.append(scenario.stream('sub'), 1);
    await until(() => lines.length === 3);
    await subscription.unsubscribe();
    return lines;
  },
  'names without a category': async (scenario) => {
    const stream = `${scenario.run}plain`;
    await scenario.append(stream, 1);
    return [...(await scenario.read(`$ce-${stream}`, RESOLVED)), ...(await scenario.read(`$category-${stream}`, RESOLVED))];
  },
  'where the first dash is': async (scenario) => {
    const category = `${scenario.run}two`;
    await scenario.append(`${category}-a-b`, 1);
    return ['first', ...(await scenario.read(`$ce-${category}`, RESOLVED)), 'second', ...(await scenario.read(`$ce-${category}-a`, RESOLVED))];
  },
  'a persistent subscription on a category': async (scenario) => {
    const { client, run } = scenario;
    await scenario.append(scenario.stream('pc'), 2);
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...RESOLVED });
    await client.createPersistentSubscriptionToStream(`$ce-${run}pc`, 'g', settings);
    const consumer = new ScenarioConsumer(client.subscribeToPersistentSubscriptionToStream(`$ce-${run}pc`, 'g'));
    await consumer.seen(2);
    await scenario.append(scenario.stream('pc'), 1);
    const seen = await consumer.seen(3);
    await consumer.end();
    return seen;
  },
  'written by hand': async (scenario) => {
    const [stream, links] = [scenario.stream(), scenario.stream('link')];
    await scenario.append(stream, 2);
    const written = [jsonEvent({ type: '$>', data: {} }), link(`1@${stream}`), link(`9@${stream}`), link('nonsense')];
    await scenario.client.appendToStream(links, written);
    return ['resolved', ...(await scenario.read(links, RESOLVED)), 'as links', ...(await scenario.read(links))];
  },
};
