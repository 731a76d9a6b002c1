// KurrentDB's client on our server: each printed line is one step and its result. Argument: connection string. It is a
// separate process: the two clients of Node share global state and break each other's appends.
import {
  BACKWARDS,
  END,
  FORWARDS,
  jsonEvent,
  KurrentDBClient,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
  type AppendStreamState,
  type ReadStreamOptions,
} from '@kurrent/kurrentdb-client';

const STREAM = 'counter-node';
const LIVE = 'handover-node';
const BEFORE = 500;
const MEANWHILE = 100;
const WAIT_MS = 60_000;

const client = KurrentDBClient.connectionString`${process.argv[2] ?? ''}`;
let next = 0;

const outcome = async (work: () => Promise<string>): Promise<string> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WrongExpectedVersionError) return `wrong, it is at ${error.actualState === 'no_stream' ? -1 : String(error.actualState)}`;
    if (error instanceof StreamNotFoundError) return 'not found';
    throw error;
  }
};

const append = (stream: string, streamState: AppendStreamState, count = 1): Promise<string> => {
  const events = Array.from({ length: count }, () => jsonEvent({ type: 'Counted', data: { n: next++ } }));
  return outcome(async () => `at ${(await client.appendToStream(stream, events, { streamState })).nextExpectedRevision}`);
};

const read = (options: ReadStreamOptions): Promise<string> =>
  outcome(async () => {
    const revisions: bigint[] = [];
    for await (const { event } of client.readStream(STREAM, options)) if (event) revisions.push(event.revision);
    return revisions.join(' ');
  });

const payloads = async (): Promise<string> => {
  const found: string[] = [];
  for await (const { event } of client.readStream(STREAM)) found.push(JSON.stringify(event?.data));
  return found.join(' ');
};

const readAll = async (options: Parameters<typeof client.readAll>[0]): Promise<string> => {
  const revisions: bigint[] = [];
  for await (const { event } of client.readAll({ ...options, maxCount: 1_000 })) if (event?.streamId === STREAM) revisions.push(event.revision);
  return revisions.join(' ');
};

/** From the first event on, while others are appended: present events, later ones, live ones. */
const subscribe = async (): Promise<string> => {
  await append(LIVE, 'no_stream', BEFORE);
  const subscription = client.subscribeToAll({ fromPosition: START, filter: streamNameFilter({ prefixes: [LIVE] }) });
  const delivered: bigint[] = [];
  let isCaughtUp = false;
  const complete = new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (isCaughtUp && delivered.length >= BEFORE + MEANWHILE) resolve();
    };
    setTimeout(() => reject(new Error(`only ${delivered.length}`)), WAIT_MS).unref();
    subscription.on('error', reject);
    subscription.on('caughtUp', () => {
      isCaughtUp = true;
      look();
    });
    subscription.on('data', ({ event }) => {
      if (event) delivered.push(event.revision);
      look();
    });
  });
  for (let count = 0; count < MEANWHILE; count++) {
    await append(LIVE, 'any');
    // It learns nothing of these.
    await append('other-node', 'any');
  }
  await complete;
  await subscription.unsubscribe();
  const wrong = delivered.findIndex((revision, index) => revision !== BigInt(index));
  return wrong < 0 ? `${delivered.length} in order, caught up` : `out of order at ${wrong}`;
};

/** A group of one consumer: it parks the third event, acknowledges all others, then replays the parked one. */
const persistent = async (): Promise<string> => {
  await client.createPersistentSubscriptionToStream(STREAM, 'node', persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START }));
  const subscription = client.subscribeToPersistentSubscriptionToStream(STREAM, 'node');
  const delivered: bigint[] = [];
  for await (const resolved of subscription) {
    delivered.push(resolved.event?.revision ?? -1n);
    if (delivered.length === 3) await subscription.nack('park', 'the third', resolved);
    else await subscription.ack(resolved);
    if (delivered.length === 6) break;
    if (delivered.length < 5) continue;
    // It is parked a moment after the answer.
    for (let look = 0; look < 100 && (await parkedCount()) === 0n; look++) await new Promise((resolve) => setTimeout(resolve, 50));
    await client.replayParkedMessagesToStream(STREAM, 'node');
  }
  await client.deletePersistentSubscriptionToStream(STREAM, 'node');
  return delivered.join(' ');
};

const parkedCount = async (): Promise<bigint> => (await client.getPersistentSubscriptionToStreamInfo(STREAM, 'node')).stats.parkedMessageCount;

const tell = async (step: string, told: Promise<string> | string): Promise<void> => console.log(`${step}: ${await told}`);

await tell('append of two, expecting no stream', append(STREAM, 'no_stream', 2));
await tell('append, expecting no stream', append(STREAM, 'no_stream'));
await tell('append, expecting revision 1', append(STREAM, 1n));
await tell('append, expecting revision 7', append(STREAM, 7n));
await tell('append, expecting a stream', append(STREAM, 'stream_exists'));
await tell('append, expecting anything', append(STREAM, 'any'));
await tell('append to no stream, expecting a stream', append('other-node', 'stream_exists'));
await tell('read forwards', read({ direction: FORWARDS, fromRevision: START }));
await tell('read backwards', read({ direction: BACKWARDS, fromRevision: END }));
await tell('read two backwards from 2', read({ direction: BACKWARDS, fromRevision: 2n, maxCount: 2 }));
await tell('payloads', payloads());
await tell('all forwards', readAll({ direction: FORWARDS, fromPosition: START }));
await tell('all backwards', readAll({ direction: BACKWARDS, fromPosition: END }));
await tell('subscription', subscribe());
await tell('persistent subscription', persistent());
await client.setStreamMetadata(STREAM, { maxCount: 2 });
await tell('largest count', String((await client.getStreamMetadata(STREAM)).metadata?.maxCount));
await tell('read with a largest count', read({}));
await client.deleteStream(STREAM, { expectedRevision: 4n });
await tell('read after the delete', read({}));
await tell('append after the delete, expecting no stream', append(STREAM, 'no_stream'));
await tell('read again', read({}));
await client.dispose();
