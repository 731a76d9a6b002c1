// The policies as a process of their own: they read the event store and append to it. The cache keeps their
// checkpoints.
import type { ProjectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { ReadStoresModule } from '#apps/read-models/src/read-stores.module.js';
import { CACHE_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { ConfiguredEventStoreModule } from '#src/event-store/configured-event-store.module.js';
import { ledgerAggregates } from '#src/ledger/ledger.aggregates.js';
import { CommandExecutor } from '@mainstem/aggregate';
import type { EventReader } from '@mainstem/event-store';
import {
  COMMAND_HEALTH,
  CommandModule,
  EVENT_STORE,
  eventStoreHealth,
  HealthModule,
  projectorHealth,
  ProjectorModule,
  TelemetryModule,
  type HealthCheck,
} from '@mainstem/nest';
import { Projector, type ReadStore } from '@mainstem/projection';
import { Module, type DynamicModule } from '@nestjs/common';
import { hostedPolicies, POLICIES_CACHE } from './policies.js';

@Module({})
export class PoliciesModule {
  static forRoot(settings: ProjectorProcessSettings): DynamicModule {
    return {
      module: PoliciesModule,
      imports: [
        TelemetryModule.forRoot({ ...settings, serviceName: 'policies' }),
        ConfiguredEventStoreModule.forRoot(settings),
        CommandModule.forRoot({ aggregates: ledgerAggregates, cache: POLICIES_CACHE }),
        ReadStoresModule.forRoot({ settings, stores: ['cache'] }),
        ProjectorModule.forRootAsync({
          inject: [CommandExecutor, CACHE_READ_STORE, EVENT_STORE],
          useFactory: (executor: CommandExecutor, store: ReadStore, reader: EventReader) => hostedPolicies({ executor, store, reader }),
          leaseMs: settings.leaseMs,
        }),
        HealthModule.forRootAsync({
          inject: [EVENT_STORE, Projector, COMMAND_HEALTH],
          useFactory: (reader: EventReader, projector: Projector, commands: HealthCheck) => [
            eventStoreHealth(reader),
            projectorHealth(projector),
            commands,
          ],
        }),
      ],
    };
  }
}
