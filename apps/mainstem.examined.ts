// The folder and the stores of the shop ledger one by one, for `mainstem doctor`.
import { isDataFolder } from '#apps/read-models/src/data-folder.js';
import type { ProjectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { openReadStore } from '#apps/read-models/src/read-stores.module.js';
import type { StoreName } from '#apps/read-models/src/read-stores.js';
import { openEventStore } from '#src/event-store/configured-event-store.module.js';
import type { ExaminedPlaces, ExaminedStore } from '@mainstem/cli';

/** The doctor tells at once what a process would wait for. */
const EVENTS_PATIENCE_MS = 2_000;

export const examinedPlaces = (settings: ProjectorProcessSettings): ExaminedPlaces => ({
  dir: settings.dir,
  stores: [
    {
      title: `events (${settings.eventStore === 'embedded' ? 'embedded' : 'EVENT_STORE'})`,
      open: () => openEventStore(settings, { isReadOnly: true, patienceMs: EVENTS_PATIENCE_MS }),
    },
    readStore('sql', 'SQL read models', placeOf(settings.readStoreSql, 'READ_STORE_SQL'), settings),
    readStore('cache', 'cache', placeOf(settings.readStoreCache, 'READ_STORE_CACHE'), settings),
    readStore('search', 'search index', placeOf(settings.readStoreSearch, 'READ_STORE_SEARCH'), settings),
  ],
});

const placeOf = (value: unknown, variable: string): string => (value === 'embedded' ? 'embedded' : variable);

const readStore = (name: StoreName, what: string, place: string, settings: ProjectorProcessSettings): ExaminedStore => ({
  title: `${what} (${place})`,
  // Nothing may be made in a folder or schema that was mistyped.
  open: async () => openReadStore(name, { ...settings, mustExist: !(await isDataFolder(settings.dir)), serverMustHaveIt: true }),
});
