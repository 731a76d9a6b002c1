// The command side alone: npm run start:command-side. Projectors and the query API run beside it.
import 'reflect-metadata';
import type { EventStore } from '@mainstem/event-store';
import { COMMAND_HEALTH, EVENT_STORE, eventStoreHealth, HealthModule, type HealthCheck } from '@mainstem/nest';
import { CommandsModule } from './commands.module.js';
import { run } from './run.js';

run('my-shop: commands', 3000, () => [
  CommandsModule,
  HealthModule.forRootAsync({
    inject: [EVENT_STORE, COMMAND_HEALTH],
    useFactory: (store: EventStore, commands: HealthCheck) => [eventStoreHealth(store), commands],
  }),
]);
