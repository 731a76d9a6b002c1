// Everything in one process: the command side, the projectors of all read models, and the query API.
import { hostedOnCache } from '#apps/cache-projector/src/cache-projections.js';
import { hostedPolicies, POLICIES_CACHE } from '#apps/policies/src/policies.js';
import { QueryApiModule } from '#apps/query-api/src/query-api.module.js';
import { ReadStoresModule } from '#apps/read-models/src/read-stores.module.js';
import { CACHE_READ_STORE, SEARCH_READ_STORE, SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { hostedOnSearch } from '#apps/search-projector/src/search-projections.js';
import { hostedOnSql } from '#apps/sql-projector/src/sql-projections.js';
import { LedgerModule } from '#src/ledger/ledger.module.js';
import { ConfiguredEventStoreModule } from '#src/event-store/configured-event-store.module.js';
import { CommandExecutor } from '@mainstem/aggregate';
import type { EventReader } from '@mainstem/event-store';
import {
  COMMAND_HEALTH,
  EVENT_STORE,
  eventStoreHealth,
  HealthModule,
  projectorHealth,
  ProjectorModule,
  TelemetryModule,
  type CommandHealth,
} from '@mainstem/nest';
import { Projector, type ReadStore } from '@mainstem/projection';
import type { Hosted } from '@mainstem/projection/reaction';
import { Module, type DynamicModule } from '@nestjs/common';
import type { AllInOneSettings } from './all-in-one-settings.js';
import { FirstImport, SETTINGS } from './first-import.js';

@Module({})
export class AllInOneModule {
  static forRoot(settings: AllInOneSettings): DynamicModule {
    return {
      module: AllInOneModule,
      global: true,
      imports: [
        TelemetryModule.forRoot({ ...settings, serviceName: 'all-in-one' }),
        ConfiguredEventStoreModule.forRoot(settings),
        ReadStoresModule.forRoot({ settings, stores: ['sql', 'cache', 'search'] }),
        // One projector for all projections, so that they share each read of the event store.
        ProjectorModule.forRootAsync({
          inject: [SQL_READ_STORE, CACHE_READ_STORE, SEARCH_READ_STORE, CommandExecutor, EVENT_STORE],
          useFactory: hosted(settings),
          leaseMs: settings.leaseMs,
        }),
        LedgerModule.forRoot(settings.policies ? { commands: { cache: POLICIES_CACHE } } : {}),
        QueryApiModule,
        HealthModule.forRootAsync({
          inject: [EVENT_STORE, FirstImport, Projector, COMMAND_HEALTH],
          useFactory: (reader: EventReader, firstImport: FirstImport, projector: Projector, commands: CommandHealth) => [
            eventStoreHealth(reader),
            firstImport,
            projectorHealth(projector),
            commands,
          ],
        }),
      ],
      providers: [{ provide: SETTINGS, useValue: settings }, FirstImport],
      exports: [FirstImport],
    };
  }
}

const hosted =
  ({ rebuild, partitions, policies }: AllInOneSettings) =>
  (sql: ReadStore, cache: ReadStore, search: ReadStore, executor: CommandExecutor, reader: EventReader): readonly Hosted[] => [
    ...hostedOnSql(sql, rebuild, partitions),
    ...hostedOnCache(cache, rebuild, partitions),
    ...hostedOnSearch(search, rebuild, partitions),
    ...(policies ? hostedPolicies({ executor, store: cache, reader }) : []),
  ];
