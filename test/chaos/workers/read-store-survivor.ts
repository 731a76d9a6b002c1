// The process that goes on after a killed one: it does one thing a message, and reports its end: `<store> <dir>
// <scope>`.
import { EmbeddedEventStore } from '@mainstem/embedded';
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import { Projector, type HostedProjection } from '@mainstem/projection';
import { cleanUp, Rebuilder } from '@mainstem/projection/operate';
import { storeNamed } from '../stores/store-under-test.js';
import { toldProjectionsOn } from '../stores/told-projections.js';

export type SurvivorTask =
  | { readonly action: 'catch-up'; readonly batchSizeMax: number }
  /** The unfinished ones. */
  | { readonly action: 'finish-rebuilds' }
  | { readonly action: 'rebuild' }
  | { readonly action: 'clean-up' };

const CATCH_UP_TIMEOUT_MS = 120_000;
/** Ten seconds pass in one: it soon sees that the other one is dead. */
const runtime: Runtime = {
  ...systemRuntime,
  monotonic: () => systemRuntime.monotonic() * 10,
  sleep: (ms, signal) => systemRuntime.sleep(ms / 10, signal),
};

const [name = '', dir = '', scope = ''] = process.argv.slice(2);
const reader = await EmbeddedEventStore.open({ dir, isReadOnly: true });
const store = await (await storeNamed(name)).open({ dir, scope });

const catchUp = async (batchSizeMax: number): Promise<void> => {
  const head = await reader.head();
  if (head === undefined) return;
  const projections = toldProjectionsOn(store);
  const projector = new Projector({ reader, projections, batchSizeMax });
  projector.start();
  try {
    await Promise.all(projections.map(({ projection }) => projector.waitFor(projection.name, head, { timeoutMs: CATCH_UP_TIMEOUT_MS })));
  } catch (error) {
    const states = projector.status().map(({ projection, state, reason }) => `${projection} ${state} ${reason ?? ''}`);
    throw new Error(`not at ${head}: ${states.join(', ')}`, { cause: error });
  } finally {
    await projector.stop();
  }
};

const finishRebuilds = async (): Promise<void> => {
  const begun = new Set((await store.generations()).filter(({ state }) => state === 'filling').map(({ projection }) => projection));
  await rebuild(toldProjectionsOn(store).filter(({ projection }) => begun.has(projection.name)));
};

const rebuild = async (projections: readonly HostedProjection[]): Promise<void> => {
  if (projections.length === 0) return;
  const { projections: rebuilt } = await new Rebuilder({ reader, projections, runtime, followMs: 0 }).run();
  const failed = rebuilt.filter(({ outcome }) => outcome !== 'promoted');
  if (failed.length > 0) throw new Error(failed.map(({ projection, reason }) => `${projection}: ${reason}`).join('; '));
};

const doOne = async (task: SurvivorTask): Promise<void> => {
  switch (task.action) {
    case 'catch-up':
      return catchUp(task.batchSizeMax);
    case 'finish-rebuilds':
      return finishRebuilds();
    case 'rebuild':
      return rebuild(toldProjectionsOn(store));
    case 'clean-up':
      await cleanUp({ projections: toldProjectionsOn(store), runtime });
  }
};

process.on('message', (task: SurvivorTask) => {
  doOne(task).then(
    () => process.send?.({ kind: 'done' }),
    (error: unknown) => process.send?.({ kind: 'done', problem: String(error) }),
  );
});
process.send?.({ kind: 'ready' });
