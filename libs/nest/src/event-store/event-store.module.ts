// Makes one event store available to the whole application.
import { systemRuntime, type EventStore, type Runtime } from '@mainstem/event-store';
import { Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { EVENT_STORE, RUNTIME } from './tokens.js';

export interface EventStoreModuleOptions {
  /** Opens the store while the application starts; the module closes it when the application has shut down. */
  readonly open?: () => EventStore | Promise<EventStore>;
  /** A store that is open already and that its owner closes. One of `open` and `store` is needed. */
  readonly store?: EventStore;
  readonly runtime?: Runtime;
}

const OPTIONS = Symbol('mainstem:event-store-options');

/** Closes what the module opened, after the servers have stopped. */
@Injectable()
class EventStoreLifetime implements OnApplicationShutdown {
  constructor(
    @Inject(OPTIONS) private readonly options: EventStoreModuleOptions,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    if (!this.options.store) await this.store.close();
  }
}

/** Global: provides `EVENT_STORE` and `RUNTIME` to every module. */
@Module({})
export class EventStoreModule {
  static forRoot(options: EventStoreModuleOptions): DynamicModule {
    return {
      module: EventStoreModule,
      global: true,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: RUNTIME, useValue: options.runtime ?? systemRuntime },
        { provide: EVENT_STORE, useFactory: () => storeOf(options) },
        EventStoreLifetime,
      ],
      exports: [EVENT_STORE, RUNTIME],
    };
  }
}

const storeOf = ({ store, open }: EventStoreModuleOptions): EventStore | Promise<EventStore> => {
  if (store) return store;
  if (open) return open();
  throw new TypeError('EventStoreModule.forRoot needs `open` or `store`');
};
