// The command side as a process of its own: the ledger, its event store, health.
import { COMMAND_HEALTH, EVENT_STORE, eventStoreHealth, HealthModule, TelemetryModule, type HealthCheck } from '@mainstem/nest';
import type { EventStore } from '@mainstem/event-store';
import { Module, type DynamicModule } from '@nestjs/common';
import type { CommandSideSettings } from './command-side-settings.js';
import { ConfiguredEventStoreModule } from './event-store/configured-event-store.module.js';
import { LedgerModule } from './ledger/ledger.module.js';

@Module({})
export class CommandSideModule {
  static forRoot(settings: CommandSideSettings): DynamicModule {
    return {
      module: CommandSideModule,
      imports: [
        TelemetryModule.forRoot({ ...settings, serviceName: 'command-side' }),
        ConfiguredEventStoreModule.forRoot(settings),
        LedgerModule.forRoot(),
        HealthModule.forRootAsync({
          inject: [EVENT_STORE, COMMAND_HEALTH],
          useFactory: (store: EventStore, commands: HealthCheck) => [eventStoreHealth(store), commands],
        }),
      ],
    };
  }
}
