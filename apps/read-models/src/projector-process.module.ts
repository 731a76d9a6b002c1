// A projector as a process of its own: one reader of the event store, one read store, health.
import { ConfiguredEventStoreModule } from '#src/event-store/configured-event-store.module.js';
import type { EventReader } from '@mainstem/event-store';
import { EVENT_STORE, eventStoreHealth, HealthModule, projectorHealth, ProjectorModule, TelemetryModule } from '@mainstem/nest';
import { Projector, type ReadStore } from '@mainstem/projection';
import { Module, type DynamicModule } from '@nestjs/common';
import type { HostedOn } from './hosted-on.js';
import type { ProjectorProcessSettings } from './process-settings.js';
import { ReadStoresModule } from './read-stores.module.js';
import { TOKENS, type StoreName } from './read-stores.js';

/** What one such process fills. */
export interface FilledStore {
  readonly store: StoreName;
  readonly hosted: HostedOn;
}

@Module({})
export class ProjectorProcessModule {
  static forRoot(settings: ProjectorProcessSettings, { store, hosted }: FilledStore): DynamicModule {
    return {
      module: ProjectorProcessModule,
      imports: [
        TelemetryModule.forRoot({ ...settings, serviceName: `${store}-projector` }),
        ConfiguredEventStoreModule.forRoot(settings),
        ReadStoresModule.forRoot({ settings, stores: [store] }),
        ProjectorModule.forRootAsync({
          inject: [TOKENS[store]],
          useFactory: (opened: ReadStore) => hosted(opened, settings.rebuild, settings.partitions),
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
