// A process that projects told events into one read store, to be killed. It loads its code, then obeys the first
// message.
import { EmbeddedEventStore } from '@mainstem/embedded';
import { Projector, type ProjectionStatus } from '@mainstem/projection';
import { cleanUp, crashAtOf, Rebuilder } from '@mainstem/projection/operate';
import { storeNamed } from '../stores/store-under-test.js';
import { toldProjectionsOn } from '../stores/told-projections.js';

export interface ProjectorJob {
  readonly action: 'follow' | 'rebuild' | 'cleanup';
  readonly dir: string;
  readonly scope: string;
  readonly batchSizeMax: number;
  /** `point:n`; empty for none. */
  readonly crashAt: string;
}

/** So few that documents must be loaded again. */
const CACHE_BYTES = 20_000;
const [name = ''] = process.argv.slice(2);
const storeUnderTest = await storeNamed(name);

process.once('message', (job: ProjectorJob) => void work(job));
process.send?.({ kind: 'ready' });

const tellIfStopped = ({ projection, state, reason }: ProjectionStatus): void => {
  if (state === 'stopped') process.send?.({ kind: 'stopped', projection, reason });
};

const work = async ({ action, dir, scope, batchSizeMax, crashAt }: ProjectorJob): Promise<void> => {
  const crash = crashAtOf({ MAINSTEM_CRASH_AT: crashAt });
  const reader = await EmbeddedEventStore.open({ dir, isReadOnly: true });
  const store = await storeUnderTest.open({ dir, scope });
  const projections = toldProjectionsOn(store);
  const options = { reader, projections, batchSizeMax, cacheBytesMax: CACHE_BYTES, ...(crash && { crash }) };
  process.send?.({ kind: 'started' });
  if (action === 'follow') new Projector({ ...options, onChange: tellIfStopped }).start();
  else if (action === 'rebuild') await new Rebuilder({ ...options, followMs: 0 }).run();
  else await cleanUp(options);
  if (action !== 'follow') process.send?.({ kind: 'done' });
};
