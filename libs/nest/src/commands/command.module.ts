// Makes command execution available to the whole application.
import { CommandExecutor, type CommandExecutorOptions, type SnapshotTold } from '@mainstem/aggregate';
import { codedText, isMainstemError, type EventStore, type Runtime } from '@mainstem/event-store';
import { Inject, Injectable, Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { declareCategories } from '../event-store/declared-categories.js';
import { EVENT_STORE, RUNTIME } from '../event-store/tokens.js';
import { COMMAND_HEALTH, commandHealth } from '../health/health-check.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { TELEMETRY } from '../telemetry/tokens.js';
import { ApplicationExecutor } from './application-executor.js';
import { HandledOnce } from './handled-once.js';

/** `snapshots` belongs to the module, which closes it after the shutdown. */
export type CommandModuleOptions = Omit<CommandExecutorOptions, 'store' | 'runtime'>;

const OPTIONS = Symbol('mainstem:command-options');

@Injectable()
class SnapshotsLifetime implements OnApplicationShutdown {
  constructor(@Inject(OPTIONS) private readonly options: CommandModuleOptions) {}

  async onApplicationShutdown(): Promise<void> {
    await this.options.snapshots?.close();
  }
}

/**
 * Global: provides `CommandExecutor`, its health check (`COMMAND_HEALTH`), and `CommandBus` from @nestjs/cqrs. Needs
 * `EventStoreModule`. Refuses categories that can make the same stream as another aggregate or a projection of the
 * application: those of `aggregates` at the start, others with their first command. The log tells once of each kind of
 * snapshot that fails or is refused. A command class with two handlers is refused at the start. Errors:
 * EVENT_STORE_AMBIGUOUS_CATEGORY, COMMAND_HANDLED_TWICE.
 */
@Module({})
export class CommandModule {
  static forRoot(options: CommandModuleOptions = {}): DynamicModule {
    return {
      module: CommandModule,
      global: true,
      imports: [CqrsModule.forRoot()],
      providers: [
        { provide: OPTIONS, useValue: options },
        {
          provide: CommandExecutor,
          inject: [ModulesContainer, EVENT_STORE, RUNTIME, { token: TELEMETRY, optional: true }],
          useFactory: (application: ModulesContainer, store: EventStore, runtime: Runtime, telemetry?: Telemetry) => {
            const onSnapshot = (told: SnapshotTold): void => {
              logFirst(told);
              telemetry?.onSnapshot?.(told);
              options.onSnapshot?.(told);
            };
            return new ApplicationExecutor({ observe: telemetry?.commands, ...options, onSnapshot, store, runtime }, (categories) =>
              declareCategories(application, categories),
            );
          },
        },
        { provide: COMMAND_HEALTH, inject: [CommandExecutor], useFactory: commandHealth },
        SnapshotsLifetime,
        { provide: HandledOnce, inject: [ModulesContainer], useFactory: (modules: ModulesContainer) => new HandledOnce(modules) },
      ],
      exports: [CommandExecutor, COMMAND_HEALTH, CqrsModule],
    };
  }
}

const logger = new Logger('Snapshots');

const logFirst = ({ outcome, isFirst, error, stream }: SnapshotTold): void => {
  // One that was under way at the end of the application is no trouble.
  if (isMainstemError(error, 'EVENT_STORE_CLOSED', 'SNAPSHOT_STORE_CLOSED')) return;
  if (isFirst && (outcome === 'failed' || outcome === 'refused')) logger.warn(`${stream}: ${codedText(error)}`);
};
