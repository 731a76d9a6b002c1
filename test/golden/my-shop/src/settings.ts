// What each process can be told, by flag or environment. `npm start -- --help` lists it.
import { dirSetting, embeddedForm } from '@mainstem/embedded/settings';
import { placeSetting, type ValuesOf } from '@mainstem/event-store/settings';
import { httpSettings, watchingSettings } from '@mainstem/nest/settings';
import { projectorSettings } from '@mainstem/projection/settings';
import { sqlForms } from '@mainstem/sql/settings';

/** `port`: where the process listens unless it is told otherwise. */
export const settingRows = (port: number) => ({
  dir: dirSetting,
  eventStore: placeSetting({ environment: 'EVENT_STORE', help: 'where the events are', forms: [embeddedForm] }),
  readStoreSql: placeSetting({ environment: 'READ_STORE_SQL', help: 'where the SQL read models are', forms: sqlForms }),
  readStoreCache: placeSetting({ environment: 'READ_STORE_CACHE', help: 'where the cache is', forms: [embeddedForm] }),
  readStoreSearch: placeSetting({ environment: 'READ_STORE_SEARCH', help: 'where the search index is', forms: [embeddedForm] }),
  ...projectorSettings(),
  ...httpSettings({ port }),
  ...watchingSettings,
});

export type Settings = ValuesOf<ReturnType<typeof settingRows>>;
