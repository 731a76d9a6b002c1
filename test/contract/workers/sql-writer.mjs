// A process that fills a SQLite read store, one row a commit, until it kills itself: `<dir> <after ms>`.
import 'reflect-metadata';
import { SqlReadStore } from '@mainstem/sql';
import { Column, Entity, PrimaryColumn } from 'typeorm';

const [dir = '', afterMs = '0'] = process.argv.slice(2);

class Counted {}
PrimaryColumn('text')(Counted.prototype, 'id');
Column('integer')(Counted.prototype, 'number');
Entity('counted')(Counted);

const counted = { name: 'counted', version: 1, fingerprint: 'cc', collections: [{ name: 'counted', document: Counted, hasState: false }] };
const store = await SqlReadStore.open({ dir }, { entities: [Counted] });
if ((await store.generations('counted')).length === 0) await store.createGeneration(counted, 'one');
const session = await store.open(counted, 1);

let from = session.checkpoint.position;
/** From the first commit on: a run that has written nothing shows nothing. */
let killAt = Infinity;
for (;;) {
  const to = (from ?? 0n) + 1n;
  const upserts = new Map([[`${to}`, { id: `${to}`, number: 1 }]]);
  const commit = session.commit({ changes: [{ collection: 'counted', upserts, deletes: [] }], checkpoint: { from, to, digest: 'd' } });
  if (performance.now() > killAt) process.kill(process.pid, 'SIGKILL');
  await commit;
  if (killAt === Infinity) killAt = performance.now() + Number(afterMs);
  from = to;
  await new Promise((resolve) => setImmediate(resolve));
}
