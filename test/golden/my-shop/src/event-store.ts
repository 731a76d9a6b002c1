// Opens the event store: the truth, and the only thing that commands write.
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { EventStore } from '@mainstem/event-store';
import type { Settings } from './settings.js';

export const openEventStore = ({ dir }: Pick<Settings, 'dir'>, isReadOnly = false): Promise<EventStore> =>
  EmbeddedEventStore.open({ dir, isReadOnly });
