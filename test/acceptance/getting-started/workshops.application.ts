// Getting started: the wiring.
// #region wiring
import { EmbeddedEventStore } from '@mainstem/embedded';
import { commandHandlers, CommandModule, configureHttp, EventStoreModule, PositionModule, ProjectorModule, ReadStoreModule } from '@mainstem/nest';
import { SqlReadStore } from '@mainstem/sql';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { workshop } from './workshop.aggregate.js';
import { WorkshopsController } from './workshops.controller.js';
import { Workshop, workshops } from './workshops.projection.js';

export const createApplication = async (dir: string): Promise<NestExpressApplication> => {
  const imports = [
    EventStoreModule.forRoot({ open: () => EmbeddedEventStore.open({ dir }) }),
    ReadStoreModule.forRoot({ provide: SqlReadStore, open: () => SqlReadStore.open({ dir }, { entities: [Workshop] }) }),
    ProjectorModule.forRootAsync({ inject: [SqlReadStore], useFactory: (store: SqlReadStore) => [{ projection: workshops, store }] }),
    CommandModule.forRoot(),
    PositionModule.forRoot(),
  ];
  const providers = commandHandlers(workshop, (command) => command.workshop);
  const module = { module: class Workshops {}, imports, controllers: [WorkshopsController], providers };
  return configureHttp(await NestFactory.create<NestExpressApplication>(module, { bodyParser: false, logger: ['warn', 'error'] }));
};
// #endregion
