// The all-in-one application as a process, with counters that show events applied twice or not at all: `<dir> [<data
// file>]`.
import 'reflect-metadata';
import { allInOneSettings } from '#apps/all-in-one/src/all-in-one-settings.js';
import { createAllInOne } from '#apps/all-in-one/src/all-in-one.application.js';
import { FirstImport } from '#apps/all-in-one/src/first-import.js';
import { CACHE_READ_STORE, SEARCH_READ_STORE } from '#apps/read-models/src/read-stores.js';
import type { EventStore } from '@mainstem/event-store';
import { readSettings } from '@mainstem/event-store/settings';
import { EVENT_STORE, listen } from '@mainstem/nest';
import { Projector, type ReadStore } from '@mainstem/projection';
import { SqlReadStore } from '@mainstem/sql';
import { counterOf, SqlCounter } from './counters.js';

const PROGRESS_MS = 10;
const [dir = '', data] = process.argv.slice(2);

/** The shortest lease: the successor of a killed process should find work before it is killed itself. */
const PROJECTOR_LEASE_MS = '1000';
const settings = readSettings(allInOneSettings(), ['--dir', dir, '--port', '0', ...(data === undefined ? ['--no-data'] : ['--data', data])], {
  PROJECTOR_LEASE_MS,
});
const app = await createAllInOne(settings);
const url = await listen(app, 0);
const sql = await SqlReadStore.open({ dir }, { entities: [SqlCounter] });
const counters = new Projector({
  reader: app.get<EventStore>(EVENT_STORE),
  projections: [
    { projection: counterOf('sql'), store: sql },
    { projection: counterOf('cache'), store: app.get<ReadStore>(CACHE_READ_STORE) },
    { projection: counterOf('search'), store: app.get<ReadStore>(SEARCH_READ_STORE) },
  ],
});
counters.start();
process.send?.({ kind: 'listening', url });

// The import's acknowledgements, on which the parent may rely.
const firstImport = app.get(FirstImport);
const store = app.get<EventStore>(EVENT_STORE);
const tell = async (): Promise<void> => {
  const { state, events } = firstImport.status();
  process.send?.({ kind: 'import', state, events });
  // A projector reports the head that it knows.
  const head = await store.head();
  const statuses = [...app.get(Projector).status(), ...counters.status()];
  const isLive = statuses.every((status) => status.state === 'live' && (head === undefined || (status.position ?? 0n) >= head));
  process.send?.({ kind: 'projections', isLive });
};
const telling = setInterval(() => void tell(), PROGRESS_MS);

process.once('message', () => {
  clearInterval(telling);
  void counters
    .stop()
    .then(() => sql.close())
    .then(() => app.close())
    .then(() => process.disconnect());
});
