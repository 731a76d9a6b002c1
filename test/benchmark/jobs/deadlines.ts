// 100,000 deadlines that are all pending and then all come, on the embedded stores. The units are those that have come.
import { CommandExecutor } from '@mainstem/aggregate';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import { defineEvents, eventIdOf, streamOf, systemRuntime, type Position, type NewEvent } from '@mainstem/event-store';
import { after, DeadlineClock, end, hostProcess, processManager } from '@mainstem/process';
import { Projector } from '@mainstem/projection';
import { expectSame, measured, type Job } from '../job.js';
import { DEADLINES, dueAt } from '../deadline-plan.js';

const APPENDS_AT_ONCE = 64;
const LOOKS = 200;
const TIMEOUT_MS = 240_000;

const orderEvents = defineEvents('order', { Placed: class {} });

/** Cancels nothing: each instance ends with its deadline. */
const reminder = processManager({
  name: 'reminder',
  version: 1,
  events: [orderEvents],
  startsAt: 'now',
  key: ({ stream }) => stream,
  initialState: null,
  react: { Placed: () => [after('remind', 60_000)] },
  deadlines: { remind: { react: () => [end()] } },
});

/** As the inbox would have recorded it. */
const started = (key: string, index: number): readonly NewEvent[] => {
  const stream = streamOf(reminder.name, key);
  const source = { id: eventIdOf('bench', stream, 0), stream: `order-${key}`, revision: '0', position: String(index), type: 'Placed' };
  const at = dueAt(index);
  return [
    {
      id: eventIdOf('bench', stream, 1),
      type: 'EventTakenIn',
      data: { version: 1, source: { ...source, recordedAt: at, metadata: {}, data: {} } },
      metadata: {},
    },
    { id: eventIdOf('bench', stream, 2), type: 'DeadlineSet', data: { deadline: 'remind#1', name: 'remind', at }, metadata: {} },
  ];
};

export const deadlines: Job = async ({ dir }) => {
  const store = await EmbeddedEventStore.open({ dir });
  const readStore = await EmbeddedCacheStore.open({ dir });
  let now = Date.parse(dueAt(0)) - 1_000;
  const runtime = { ...systemRuntime, now: () => now };
  try {
    let next = 0;
    const append = async (): Promise<void> => {
      for (let index = next++; index < DEADLINES; index = next++)
        await store.append(streamOf(reminder.name, String(index)), started(String(index), index), { expectedRevision: 'no-stream' });
    };
    await Promise.all(Array.from({ length: APPENDS_AT_ONCE }, append));
    const executor = new CommandExecutor({ store, runtime });
    const hosted = hostProcess(reminder, { executor, store: readStore, runtime });
    const readModel = hosted.filter(({ projection }) => projection.name === 'reminder-deadlines').map(({ companion: _, ...one }) => one);
    const projector = new Projector({ reader: store, projections: readModel });
    projector.start();
    await projector.waitFor('reminder-deadlines', (await store.head()) as Position, { timeoutMs: TIMEOUT_MS });
    const clock = new DeadlineClock({ manager: reminder, executor, store: readStore, runtime });
    await clock.look();
    const rest = await measured(async () => {
      for (let look = 0; look < LOOKS; look++) await clock.look();
      return LOOKS;
    });
    now = Date.parse(dueAt(DEADLINES));
    const sample = await measured(async () => {
      await clock.look();
      return DEADLINES;
    });
    await projector.stop();
    expectSame('events of all instances', Number(await store.head()), 4 * DEADLINES);
    return { ...sample, figures: { restLookCpuMs: rest.cpuMs / LOOKS } };
  } finally {
    await Promise.all([store.close(), readStore.close()]);
  }
};
