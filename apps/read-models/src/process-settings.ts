// The settings of the read side's processes. Each knows what it can use, and refuses any other flag.
import { eventStoreSettings } from '#src/event-store/event-store-settings.js';
import type { ValuesOf } from '@mainstem/event-store/settings';
import { httpSettings, watchingSettings } from '@mainstem/nest/settings';
import { projectorSettings } from '@mainstem/projection/settings';
import { projectionNames } from './projection-names.js';
import { readStoreSettings } from './read-store-settings.js';

/** What differs between processes. */
export interface ProcessDefaults {
  /** Where it listens unless it is told otherwise. */
  readonly port?: number;
}

/** Of a process that asks read models. */
export const queryProcessSettings = (defaults: ProcessDefaults = {}) => ({
  ...eventStoreSettings,
  ...readStoreSettings,
  ...httpSettings(defaults),
  ...watchingSettings,
});

export type QueryProcessSettings = ValuesOf<ReturnType<typeof queryProcessSettings>>;

/**
 * Settings of a process that fills read models. The command line takes the same ones: it must refuse an environment
 * that a projector refuses.
 */
export const projectorProcessSettings = (defaults: ProcessDefaults = {}) => ({
  ...eventStoreSettings,
  ...readStoreSettings,
  ...projectorSettings(projectionNames),
  ...httpSettings(defaults),
  ...watchingSettings,
});

export type ProjectorProcessSettings = ValuesOf<ReturnType<typeof projectorProcessSettings>>;
