// The one place that chooses the event store, by settings, for every process of the application.
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { EventStore } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreModule } from '@mainstem/nest';
import { PostgresEventStore } from '@mainstem/postgres';
import { Module, type DynamicModule } from '@nestjs/common';
import { mkdir } from 'node:fs/promises';
import type { EventStoreSettings } from './event-store-settings.js';

export interface OpenOptions {
  /** True: nothing is created, and an embedded store is not written. Default false. */
  readonly isReadOnly?: boolean;
  /** How long a call is repeated while a server cannot be reached. Default: that of the store's `open`. */
  readonly patienceMs?: number;
}

/**
 * Opens the event store of the settings; the caller closes it. It creates the folder, unless it opens for reading only:
 * embedded read models live there, wherever the events are. Errors: those of `EmbeddedEventStore.open`,
 * `EventStoreDbEventStore.open` and `PostgresEventStore.open`; an unreachable server is tried for ten seconds.
 */
export const openEventStore = async (
  { dir, eventStore }: EventStoreSettings,
  { isReadOnly = false, patienceMs }: OpenOptions = {},
): Promise<EventStore> => {
  if (eventStore === 'embedded') return EmbeddedEventStore.open({ dir, isReadOnly });
  const store = await openServer(eventStore, isReadOnly, patienceMs);
  if (isReadOnly) return store;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
};

const openServer = (eventStore: Exclude<EventStoreSettings['eventStore'], 'embedded'>, isReadOnly: boolean, patienceMs: number | undefined) => {
  const patience = patienceMs !== undefined && { patienceMs };
  if ('postgresUrl' in eventStore) return PostgresEventStore.open({ url: eventStore.postgresUrl, mustExist: isReadOnly, ...patience });
  const { appendBytesMax, ...connection } = eventStore;
  return EventStoreDbEventStore.open({ ...connection, ...(appendBytesMax !== undefined && { limits: { appendBytesMax } }), ...patience });
};

/** Global: provides `EVENT_STORE` and `RUNTIME`. */
@Module({})
export class ConfiguredEventStoreModule {
  static forRoot(settings: EventStoreSettings): DynamicModule {
    return { module: ConfiguredEventStoreModule, imports: [EventStoreModule.forRoot({ open: () => openEventStore(settings) })] };
  }
}
