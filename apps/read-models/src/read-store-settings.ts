// Where the read models are: one setting for each way of asking, of the stores that can answer it.
import { embeddedForm } from '@mainstem/embedded/settings';
import { placeSetting, type ValuesOf } from '@mainstem/event-store/settings';
import { openSearchForm } from '@mainstem/opensearch/settings';
import { redisForm } from '@mainstem/redis/settings';
import { sqlForms } from '@mainstem/sql/settings';

export const readStoreSettings = {
  readStoreSql: placeSetting({ environment: 'READ_STORE_SQL', help: 'where the SQL read models are', forms: sqlForms }),
  readStoreCache: placeSetting({ environment: 'READ_STORE_CACHE', help: 'where the cache is', forms: [embeddedForm, redisForm] }),
  readStoreSearch: placeSetting({ environment: 'READ_STORE_SEARCH', help: 'where the search index is', forms: [embeddedForm, openSearchForm] }),
} as const;

export type ReadStoreSettings = ValuesOf<typeof readStoreSettings>;
