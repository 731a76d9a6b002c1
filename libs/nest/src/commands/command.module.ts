// Makes command execution available to the whole application.
import { CommandExecutor, type CommandExecutorOptions } from '@mainstem/aggregate';
import type { EventStore, Runtime } from '@mainstem/event-store';
import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { COMMAND_HEALTH, commandHealth } from '../health/health-check.js';
import { EVENT_STORE, RUNTIME } from '../event-store/tokens.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { TELEMETRY } from '../telemetry/tokens.js';

export type CommandModuleOptions = Omit<CommandExecutorOptions, 'store' | 'runtime'>;

/** Global: provides `CommandExecutor`, its health check (`COMMAND_HEALTH`), and `CommandBus` from @nestjs/cqrs. Needs `EventStoreModule`. */
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
          inject: [EVENT_STORE, RUNTIME, { token: TELEMETRY, optional: true }],
          useFactory: (store: EventStore, runtime: Runtime, telemetry?: Telemetry) =>
            new CommandExecutor({ observe: telemetry?.commands, ...options, store, runtime }),
        },
        { provide: COMMAND_HEALTH, inject: [CommandExecutor], useFactory: commandHealth },
      ],
      exports: [CommandExecutor, COMMAND_HEALTH, CqrsModule],
    };
  }
}
