// The sql projector as a process of its own: one reader of the event store, one read store, health.
import type { ProjectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { ReadStoresModule } from '#apps/read-models/src/read-stores.module.js';
import { SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { ConfiguredEventStoreModule } from '#src/event-store/configured-event-store.module.js';
import type { EventReader } from '@mainstem/event-store';
import { EVENT_STORE, eventStoreHealth, HealthModule, projectorHealth, ProjectorModule, TelemetryModule } from '@mainstem/nest';
import { Projector, type ReadStore } from '@mainstem/projection';
import { Module, type DynamicModule } from '@nestjs/common';
import { hostedOnSql } from './sql-projections.js';

@Module({})
export class SqlProjectorModule {
  static forRoot(settings: ProjectorProcessSettings): DynamicModule {
    return {
      module: SqlProjectorModule,
      imports: [
        TelemetryModule.forRoot({ ...settings, serviceName: 'sql-projector' }),
        ConfiguredEventStoreModule.forRoot(settings),
        ReadStoresModule.forRoot({ settings, stores: ['sql'] }),
        ProjectorModule.forRootAsync({
          inject: [SQL_READ_STORE],
          useFactory: (store: ReadStore) => hostedOnSql(store, settings.rebuild, settings.partitions),
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
