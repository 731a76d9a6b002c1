// What the event store server's process can be told when it starts: the server's own settings, and those of every application's log and figures.
import type { ValuesOf } from '@mainstem/event-store/settings';
import { serverSettings } from '@mainstem/eventstoredb-server/command-line';
import { logFormatSetting, metricsSetting } from '@mainstem/nest/settings';

export const eventStoreProcessSettings = {
  ...serverSettings,
  logFormat: logFormatSetting,
  metrics: { ...metricsSetting, help: '`on` serves figures of the process for Prometheus under `/metrics` of `--health-port`' },
} as const;

export type EventStoreProcessSettings = ValuesOf<typeof eventStoreProcessSettings>;
