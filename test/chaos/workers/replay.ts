// Replays every read model of the shop from the events of one folder into a new one, and reports when all are at the
// end: `<events folder> <read models folder> <batch size>`. After a kill, start it again: it goes on.
import 'reflect-metadata';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { Projector } from '@mainstem/projection';
import { openShopStores } from './shop-stores.js';

const TIMEOUT_MS = 300_000;
const [events = '', dir = '', batchSize = '500'] = process.argv.slice(2);

const reader = await EmbeddedEventStore.open({ dir: events, isReadOnly: true });
const head = await reader.head();
if (head === undefined) throw new Error('there are no events');
const { projections, close } = await openShopStores(dir);
const projector = new Projector({ reader, projections, batchSizeMax: Number(batchSize) });
projector.start();
const telling = setInterval(() => {
  const applied = projector.status().reduce((sum, status) => sum + Number(status.position ?? 0n), 0);
  process.send?.({ kind: 'progress', applied: applied / projections.length / Number(head) });
}, 1);
await Promise.all(projections.map(({ projection }) => projector.waitFor(projection.name, head, { timeoutMs: TIMEOUT_MS })));
clearInterval(telling);
await projector.stop();
await close();
await reader.close();
process.disconnect();
