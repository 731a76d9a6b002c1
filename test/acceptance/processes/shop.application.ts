// A Nest application whose process charges cards and sends mails through injected clients.
import { CommandExecutor } from '@mainstem/aggregate';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import type { EventStore } from '@mainstem/event-store';
import {
  CommandModule,
  configureHttp,
  EVENT_STORE,
  EventStoreModule,
  HealthModule,
  ProjectorModule,
  projectorHealth,
  ReadStoreModule,
} from '@mainstem/nest';
import { hostProcess, performer } from '@mainstem/process';
import { Projector } from '@mainstem/projection';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { chargeCard, checkout, sendMail } from '../../../libs/process/src/checkout.fixtures.js';
import { Mails, Payments } from './payments.js';

export const createShop = async (dir: string, url: string): Promise<NestExpressApplication> => {
  const clients = [
    { provide: Payments, useValue: new Payments(url) },
    { provide: Mails, useValue: new Mails(url) },
  ];
  @Module({ providers: clients, exports: [Payments, Mails] })
  class ClientsModule {}

  // #region performers
  const projector = ProjectorModule.forRootAsync({
    imports: [ClientsModule],
    inject: [CommandExecutor, EmbeddedCacheStore, EVENT_STORE, Payments, Mails],
    useFactory: (executor: CommandExecutor, store: EmbeddedCacheStore, reader: EventStore, payments: Payments, mails: Mails) => {
      const performers = [
        performer(chargeCard, (charge, attempt) => payments.charge(charge, attempt)),
        performer(sendMail, (mail, attempt) => mails.send(mail, attempt)),
      ];
      return hostProcess(checkout, { executor, store, effects: { reader, performers } });
    },
  });
  // #endregion
  const imports = [
    EventStoreModule.forRoot({ open: () => EmbeddedEventStore.open({ dir }) }),
    ReadStoreModule.forRoot({ provide: EmbeddedCacheStore, open: () => EmbeddedCacheStore.open({ dir }) }),
    CommandModule.forRoot(),
    projector,
    HealthModule.forRootAsync({ inject: [Projector], useFactory: (running: Projector) => [projectorHealth(running)] }),
  ];
  const module = { module: class Shop {}, imports };
  return configureHttp(await NestFactory.create<NestExpressApplication>(module, { bodyParser: false, logger: ['warn', 'error'] }));
};
