// Makes one event store available to the whole application.
import { systemRuntime, type EventStore, type Runtime } from '@mainstem/event-store';
import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DependencyWatch, eventStoreDependency } from '../health/dependency-watch.js';
import { EVENT_STORE, RUNTIME } from './tokens.js';

export interface EventStoreModuleOptions {
  /** Opens the store while the application starts; the module closes it when the application has shut down. */
  readonly open?: () => EventStore | Promise<EventStore>;
  /** A store that is open already and that its owner closes. One of `open` and `store` is needed. */
  readonly store?: EventStore;
  readonly runtime?: Runtime;
}

const OPTIONS = Symbol('mainstem:event-store-options');

/** Watches what the application depends on while it runs; closes what the module opened, after the servers have stopped. */
@Injectable()
class EventStoreLifetime implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(OPTIONS) private readonly options: EventStoreModuleOptions,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(DependencyWatch) private readonly watch: DependencyWatch,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.options.store) this.watch.add(eventStoreDependency(this.store));
    this.watch.start();
  }

  onModuleDestroy(): void {
    this.watch.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.options.store) await this.store.close();
  }
}

/** Global: provides `EVENT_STORE`, `RUNTIME` and the `DependencyWatch` to every module. The log tells when the store that it has opened goes and comes back. */
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
        { provide: DependencyWatch, inject: [RUNTIME], useFactory: (runtime: Runtime) => new DependencyWatch(runtime) },
        EventStoreLifetime,
      ],
      exports: [EVENT_STORE, RUNTIME, DependencyWatch],
    };
  }
}

const storeOf = ({ store, open }: EventStoreModuleOptions): EventStore | Promise<EventStore> => {
  if (store) return store;
  if (open) return open();
  throw new TypeError('EventStoreModule.forRoot needs `open` or `store`');
};
