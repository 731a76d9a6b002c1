// The sql projector as a process of its own: one reader of the event store, one read store, health.
import { ReadStoresModule } from '#apps/read-models/src/read-stores.module.js';
import { SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { EventStoreModule, HealthModule, projectorHealth, ProjectorModule, type Settings } from '@mainstem/nest';
import { Projector, type ReadStore } from '@mainstem/projection';
import { Module, type DynamicModule } from '@nestjs/common';
import { hostedOnSql } from './sql-projections.js';

@Module({})
export class SqlProjectorModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: SqlProjectorModule,
      imports: [
        EventStoreModule.forRoot({ open: () => EmbeddedEventStore.open({ dir: settings.dir }) }),
        ReadStoresModule.forRoot({ settings, stores: ['sql'] }),
        ProjectorModule.forRootAsync({ inject: [SQL_READ_STORE], useFactory: (store: ReadStore) => hostedOnSql(store, settings.rebuild) }),
        HealthModule.forRootAsync({ inject: [Projector], useFactory: (projector: Projector) => [projectorHealth(projector)] }),
      ],
    };
  }
}
