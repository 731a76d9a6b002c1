// Opens an application's read stores, and closes them after its servers and projectors have stopped.
import type { ReadStore } from '@mainstem/projection';
import { Inject, Injectable, Module, type DynamicModule, type InjectionToken, type OnApplicationShutdown } from '@nestjs/common';
import { EVENT_STORE } from '../event-store/tokens.js';
import { DependencyWatch, readStoreDependency } from '../health/dependency-watch.js';

export interface ReadStoreOptions {
  /** Token under which the store is injected. */
  readonly provide: InjectionToken;
  /** Called once, after the event store was opened. */
  readonly open: () => Promise<ReadStore>;
}

const OPENED = Symbol('mainstem:read-stores');

@Injectable()
class ReadStoreLifetime implements OnApplicationShutdown {
  constructor(@Inject(OPENED) private readonly stores: readonly ReadStore[]) {}

  async onApplicationShutdown(): Promise<void> {
    for (const store of this.stores) await store.close();
  }
}

const watched = (watch: DependencyWatch | undefined, ...opened: readonly ReadStore[]): readonly ReadStore[] => {
  for (const store of opened) watch?.add(readStoreDependency(store));
  return opened;
};

/**
 * Global: provides each store by its token. Needs `EventStoreModule`, which creates the folder of embedded stores. The
 * log reports when a store goes away and comes back.
 */
@Module({})
export class ReadStoreModule {
  static forRoot(...stores: readonly ReadStoreOptions[]): DynamicModule {
    const tokens = stores.map(({ provide }) => provide);
    return {
      module: ReadStoreModule,
      global: true,
      providers: [
        ...stores.map(({ provide, open }) => ({ provide, inject: [EVENT_STORE], useFactory: open })),
        { provide: OPENED, inject: [{ token: DependencyWatch, optional: true }, ...tokens], useFactory: watched },
        ReadStoreLifetime,
      ],
      exports: tokens,
    };
  }
}
