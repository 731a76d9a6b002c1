// What every process of the application can be told about its event store.
import { dirSetting, embeddedForm } from '@mainstem/embedded/settings';
import type { ValuesOf } from '@mainstem/event-store/settings';
import { eventStoreDbAddress, eventStoreSetting } from '@mainstem/eventstoredb/settings';
import { postgresEventsAddress, postgresEventsForm } from '@mainstem/postgres/settings';

/** The folder is there in any case: embedded read models live in it, wherever the events are. */
export const eventStoreSettings = { dir: dirSetting, eventStore: eventStoreSetting(embeddedForm, postgresEventsForm) } as const;

export type EventStoreSettings = ValuesOf<typeof eventStoreSettings>;

/** Where the events are, without anything secret. */
export const eventStoreAddress = ({ dir, eventStore }: EventStoreSettings): string => {
  if (eventStore === 'embedded') return dir;
  return 'postgresUrl' in eventStore ? postgresEventsAddress(eventStore) : eventStoreDbAddress(eventStore);
};
