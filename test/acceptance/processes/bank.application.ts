// A Nest application with a process manager and a reactor: everything in one process, on embedded stores.
import { CommandExecutor } from '@mainstem/aggregate';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import { CommandModule, configureHttp, EventStoreModule, HealthModule, ProjectorModule, projectorHealth, ReadStoreModule } from '@mainstem/nest';
import { hostProcess, hostReactor } from '@mainstem/process';
import { Projector } from '@mainstem/projection';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { transferRun } from '../../../libs/process/src/transfer.fixtures.js';
import { welcome } from './welcome.reactor.js';

export const createBank = async (dir: string): Promise<NestExpressApplication> => {
  // #region wiring
  const imports = [
    EventStoreModule.forRoot({ open: () => EmbeddedEventStore.open({ dir }) }),
    ReadStoreModule.forRoot({ provide: EmbeddedCacheStore, open: () => EmbeddedCacheStore.open({ dir }) }),
    CommandModule.forRoot(),
    ProjectorModule.forRootAsync({
      inject: [CommandExecutor, EmbeddedCacheStore],
      useFactory: (executor: CommandExecutor, store: EmbeddedCacheStore) => [
        ...hostProcess(transferRun, { executor, store }),
        hostReactor(welcome, { executor, store }),
      ],
    }),
    HealthModule.forRootAsync({ inject: [Projector], useFactory: (projector: Projector) => [projectorHealth(projector)] }),
  ];
  // #endregion
  const module = { module: class Bank {}, imports };
  return configureHttp(await NestFactory.create<NestExpressApplication>(module, { bodyParser: false, logger: ['warn', 'error'] }));
};
