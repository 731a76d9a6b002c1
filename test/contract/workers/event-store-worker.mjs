// A process that appends to, follows and opens an embedded event store for its parent: one message in, messages out.
import { spawnSync } from 'node:child_process';
import { EmbeddedEventStore } from '../../../libs/embedded/src/event-store/embedded-event-store.ts';
import { eventIdOf, streamName } from '@mainstem/event-store';

const say = (message) => process.send(message);
const eventsOf = (command) => [{ id: eventIdOf(command, streamName('worker-any'), 0), type: 'Counted', data: { command }, metadata: {} }];
const never = new AbortController().signal;
let store;

/** `count` appends, up to 16 at a time: to its own stream with exact revisions, and to one shared by all workers. */
const append = async ({ name, count }) => {
  let started = 0;
  const client = async (own) => {
    let expectedRevision = 'no-stream';
    while (started < count) {
      const command = `${name}-${started++}`;
      if (started % 2 === 0) await store.append(streamName('shared-1'), eventsOf(command), { expectedRevision: 'any' });
      else expectedRevision = (await store.append(streamName(`${name}-${own}`), eventsOf(command), { expectedRevision })).revision;
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, own) => client(own)));
  say({ kind: 'appended' });
};

/** Follows from the beginning until `count` events have come, then tells them all. */
const follow = async ({ count }) => {
  const seen = [];
  for await (const { events } of store.subscribe({ after: undefined, signal: never })) {
    for (const event of events) seen.push(`${event.position} ${event.stream} ${event.revision} ${event.id}`);
    if (seen.length >= count) break;
  }
  say({ kind: 'followed', seen });
};

/** Appends one event and tells when it was acknowledged, in nanoseconds of the machine's monotonic clock. */
const appendOne = async ({ command }) => {
  await store.append(streamName('clock-1'), eventsOf(command), { expectedRevision: 'any' });
  say({ kind: 'acknowledged', at: String(process.hrtime.bigint()) });
};

/** Appends without end, eight at a time, and tells the id of each acknowledged event. */
const appendForever = async ({ name }) => {
  const client = async (own) => {
    for (let index = 0; ; index++) {
      const events = eventsOf(`${name}-${own}-${index}`);
      await store.append(streamName(`${name}-${own}`), events, { expectedRevision: 'any' });
      say({ kind: 'acknowledged', id: events[0].id });
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, own) => client(own)));
};

/** One call of three streams: an event, a condition, two events. Tells its command and its position. */
const appendAllOnce = async ({ command }) => {
  const [one, two] = [0, 1].map((index) => ({ ...eventsOf(command)[0], id: eventIdOf(command, streamName('worker-right'), index) }));
  const { position } = await store.appendAll([
    { stream: streamName(`left-${command}`), events: eventsOf(command), expectedRevision: 'no-stream' },
    { stream: streamName('never-1'), events: [], expectedRevision: 'no-stream' },
    { stream: streamName(`right-${command}`), events: [one, two], expectedRevision: 'no-stream' },
  ]);
  say({ kind: 'acknowledged', command, position: String(position) });
};

/** Such calls without end, eight at a time. */
const appendAllForever = async ({ name }) => {
  const client = async (own) => {
    for (let index = 0; ; index++) await appendAllOnce({ command: `${name}-${own}-${index}` });
  };
  await Promise.all(Array.from({ length: 8 }, (_, own) => client(own)));
};

/**
 * Appends until one is refused, then lifts the limit on file sizes: the device works again, and only the store knows of
 * the failure. Reports the acknowledged appends, the code of the refusal, and those of a later append and read.
 */
const appendUntilRefused = async ({ name }) => {
  const codeOf = (promise) =>
    promise.then(
      () => 'ok',
      (error) => error.code,
    );
  for (let index = 0; ; index++) {
    const events = [{ ...eventsOf(`${name}-${index}`)[0], data: { text: 'x'.repeat(10_000) } }];
    const code = await codeOf(store.append(streamName(`${name}-1`), events, { expectedRevision: 'any' }));
    if (code === 'ok') continue;
    spawnSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
    const next = await codeOf(store.append(streamName(`${name}-2`), eventsOf('next'), { expectedRevision: 'any' }));
    return say({ kind: 'refused', acknowledged: index, code, next, read: await codeOf(store.readAll({ limit: 1 }).next()) });
  }
};

const actions = { append, follow, appendOne, appendForever, appendUntilRefused, appendAllOnce, appendAllForever };

process.on('message', async ({ action, ...parameters }) => {
  try {
    if (action === 'open') {
      store = await EmbeddedEventStore.open(parameters);
      say({ kind: 'open', incarnation: store.incarnation });
    } else await actions[action](parameters);
  } catch (error) {
    say({ kind: 'failed', error: String(error?.stack) });
  }
});
say({ kind: 'ready' });
