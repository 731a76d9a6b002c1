// Makes command execution available to the whole application.
import { CommandExecutor, type CommandExecutorOptions } from '@mainstem/aggregate';
import type { EventStore, Runtime } from '@mainstem/event-store';
import { Module, type DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { declareCategories } from '../event-store/declared-categories.js';
import { COMMAND_HEALTH, commandHealth } from '../health/health-check.js';
import { EVENT_STORE, RUNTIME } from '../event-store/tokens.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { TELEMETRY } from '../telemetry/tokens.js';
import { ApplicationExecutor } from './application-executor.js';

export type CommandModuleOptions = Omit<CommandExecutorOptions, 'store' | 'runtime'>;

/**
 * Global: provides `CommandExecutor`, its health check (`COMMAND_HEALTH`), and `CommandBus` from @nestjs/cqrs. Needs
 * `EventStoreModule`. Refuses categories that can make the same stream as another aggregate or a projection of the
 * application: those of `aggregates` at the start, others with their first command. Errors:
 * EVENT_STORE_AMBIGUOUS_CATEGORY.
 */
@Module({})
export class CommandModule {
  static forRoot(options: CommandModuleOptions = {}): DynamicModule {
    return {
      module: CommandModule,
      global: true,
      imports: [CqrsModule.forRoot()],
      providers: [
        {
          provide: CommandExecutor,
          inject: [ModulesContainer, EVENT_STORE, RUNTIME, { token: TELEMETRY, optional: true }],
          useFactory: (application: ModulesContainer, store: EventStore, runtime: Runtime, telemetry?: Telemetry) =>
            new ApplicationExecutor({ observe: telemetry?.commands, ...options, store, runtime }, (categories) =>
              declareCategories(application, categories),
            ),
        },
        { provide: COMMAND_HEALTH, inject: [CommandExecutor], useFactory: commandHealth },
      ],
      exports: [CommandExecutor, COMMAND_HEALTH, CqrsModule],
    };
  }
}
