// The search projector as a process of its own: one reader of the event store, one read store, health.
import { ReadStoresModule } from '#apps/read-models/src/read-stores.module.js';
import { SEARCH_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { EventStoreModule, HealthModule, projectorHealth, ProjectorModule, type Settings } from '@mainstem/nest';
import { Projector, type ReadStore } from '@mainstem/projection';
import { Module, type DynamicModule } from '@nestjs/common';
import { hostedOnSearch } from './search-projections.js';

@Module({})
export class SearchProjectorModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: SearchProjectorModule,
      imports: [
        EventStoreModule.forRoot({ open: () => EmbeddedEventStore.open({ dir: settings.dir }) }),
        ReadStoresModule.forRoot({ settings, stores: ['search'] }),
        ProjectorModule.forRootAsync({ inject: [SEARCH_READ_STORE], useFactory: (store: ReadStore) => hostedOnSearch(store, settings.rebuild) }),
        HealthModule.forRootAsync({ inject: [Projector], useFactory: (projector: Projector) => [projectorHealth(projector)] }),
      ],
    };
  }
}
