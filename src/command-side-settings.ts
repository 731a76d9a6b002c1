// What the command side can be told when it starts.
import type { ValuesOf } from '@mainstem/event-store/settings';
import { httpSettings, watchingSettings } from '@mainstem/nest/settings';
import { eventStoreSettings } from './event-store/event-store-settings.js';

export const commandSideSettings = { ...eventStoreSettings, ...httpSettings(), ...watchingSettings } as const;

export type CommandSideSettings = ValuesOf<typeof commandSideSettings>;
