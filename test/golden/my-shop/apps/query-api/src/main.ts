// The query API alone: npm run start:query-api. It answers from what the projectors have written.
import 'reflect-metadata';
import { openReadStores } from '#apps/read-models/src/read-stores.js';
import { run } from '#src/run.js';
import type { EventStore } from '@mainstem/event-store';
import { EVENT_STORE, eventStoreHealth, HealthModule } from '@mainstem/nest';
import { QueryApiModule } from './query-api.module.js';

run('my-shop: queries', 3001, (settings) => [
  openReadStores(settings, ['sql', 'cache', 'search']),
  QueryApiModule,
  HealthModule.forRootAsync({ inject: [EVENT_STORE], useFactory: (store: EventStore) => [eventStoreHealth(store)] }),
]);
