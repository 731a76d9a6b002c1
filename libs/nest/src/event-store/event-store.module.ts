// Makes one event store available to the whole application.
import { systemRuntime, type EventStore, type Runtime } from '@mainstem/event-store';
import {
  Inject,
  Injectable,
  Module,
  Optional,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DependencyWatch, eventStoreDependency } from '../health/dependency-watch.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { TELEMETRY } from '../telemetry/tokens.js';
import { EVENT_STORE, RUNTIME } from './tokens.js';

export interface EventStoreModuleOptions {
  /** Opens the store at the start of the application; the module closes it after the shutdown. */
  readonly open?: () => EventStore | Promise<EventStore>;
  /** An open store, which its owner closes. Either `open` or `store` is required. */
  readonly store?: EventStore;
  readonly runtime?: Runtime;
}

const OPTIONS = Symbol('mainstem:event-store-options');

/** Watches the application's dependencies; closes what the module opened, after the servers have stopped. */
@Injectable()
class EventStoreLifetime implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(OPTIONS) private readonly options: EventStoreModuleOptions,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(DependencyWatch) private readonly watch: DependencyWatch,
    @Optional() @Inject(TELEMETRY) private readonly telemetry?: Telemetry,
  ) {}

  onApplicationBootstrap(): void {
    this.telemetry?.followStore?.(this.store);
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

/**
 * Global: provides `EVENT_STORE`, `RUNTIME` and `DependencyWatch`. The log reports when the store goes and comes back.
 */
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
