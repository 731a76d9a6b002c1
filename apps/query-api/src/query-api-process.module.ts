// The query API as a process of its own: it reads what the projectors write, wherever they run.
import type { QueryProcessSettings } from '#apps/read-models/src/process-settings.js';
import { ReadStoresModule } from '#apps/read-models/src/read-stores.module.js';
import { CACHE_READ_STORE, SEARCH_READ_STORE, SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { ConfiguredEventStoreModule } from '#src/event-store/configured-event-store.module.js';
import type { EventStore } from '@mainstem/event-store';
import { EVENT_STORE, HealthModule, TelemetryModule } from '@mainstem/nest';
import type { ReadStore } from '@mainstem/projection';
import { Module, type DynamicModule } from '@nestjs/common';
import { readModelHealth } from './query-api.health.js';
import { QueryApiModule } from './query-api.module.js';

@Module({})
export class QueryApiProcessModule {
  static forRoot(settings: QueryProcessSettings): DynamicModule {
    return {
      module: QueryApiProcessModule,
      imports: [
        TelemetryModule.forRoot({ ...settings, serviceName: 'query-api' }),
        ConfiguredEventStoreModule.forRoot(settings),
        ReadStoresModule.forRoot({ settings, stores: ['sql', 'cache', 'search'] }),
        QueryApiModule,
        HealthModule.forRootAsync({
          inject: [EVENT_STORE, SQL_READ_STORE, CACHE_READ_STORE, SEARCH_READ_STORE],
          useFactory: (reader: EventStore, sql: ReadStore, cache: ReadStore, search: ReadStore) => [readModelHealth(reader, { sql, cache, search })],
        }),
      ],
    };
  }
}
