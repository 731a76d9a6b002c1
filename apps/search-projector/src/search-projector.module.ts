// The search projector as a process of its own: one reader of the event store, one read store, health.
import type { ProjectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { ReadStoresModule } from '#apps/read-models/src/read-stores.module.js';
import { SEARCH_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { ConfiguredEventStoreModule } from '#src/event-store/configured-event-store.module.js';
import type { EventReader } from '@mainstem/event-store';
import { EVENT_STORE, eventStoreHealth, HealthModule, projectorHealth, ProjectorModule, TelemetryModule } from '@mainstem/nest';
import { Projector, type ReadStore } from '@mainstem/projection';
import { Module, type DynamicModule } from '@nestjs/common';
import { hostedOnSearch } from './search-projections.js';

@Module({})
export class SearchProjectorModule {
  static forRoot(settings: ProjectorProcessSettings): DynamicModule {
    return {
      module: SearchProjectorModule,
      imports: [
        TelemetryModule.forRoot({ ...settings, serviceName: 'search-projector' }),
        ConfiguredEventStoreModule.forRoot(settings),
        ReadStoresModule.forRoot({ settings, stores: ['search'] }),
        ProjectorModule.forRootAsync({
          inject: [SEARCH_READ_STORE],
          useFactory: (store: ReadStore) => hostedOnSearch(store, settings.rebuild, settings.partitions),
          leaseMs: settings.leaseMs,
        }),
        HealthModule.forRootAsync({
          inject: [EVENT_STORE, Projector],
          useFactory: (reader: EventReader, projector: Projector) => [eventStoreHealth(reader), projectorHealth(projector)],
        }),
      ],
    };
  }
}
