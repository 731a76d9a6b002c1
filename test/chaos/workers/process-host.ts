// One of several hosts of the transfer process: `<folder>`. It prints that it runs, and how far its projections are.
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import { openBank } from '../../../libs/process/src/transfer.fixtures.js';

const STATUS_MS = 20;
const [dir = ''] = process.argv.slice(2);

const store = await EmbeddedEventStore.open({ dir });
const readStore = await EmbeddedCacheStore.open({ dir });
const { projector } = openBank({ store, readStore });
projector.start();
process.send?.({ kind: 'started' });
setInterval(() => {
  const status = projector.status();
  const stopped = status.find(({ state }) => state === 'stopped');
  if (stopped) process.send?.({ kind: 'stopped', projection: stopped.projection, reason: stopped.reason });
  process.send?.({ kind: 'positions', positions: status.map(({ position }) => String(position ?? 0n)) });
}, STATUS_MS);
