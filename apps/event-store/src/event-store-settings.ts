// The settings of the event store server's process: its own, and those of log and figures of every application.
import type { ValuesOf } from '@mainstem/event-store/settings';
import { serverSettings } from '@mainstem/eventstoredb-server/command-line';
import { logFormatSetting, metricsSetting } from '@mainstem/nest/settings';

export const eventStoreProcessSettings = {
  ...serverSettings,
  logFormat: logFormatSetting,
  metrics: { ...metricsSetting, help: '`on` serves figures of the process for Prometheus under `/metrics` of `--health-port`' },
} as const;

export type EventStoreProcessSettings = ValuesOf<typeof eventStoreProcessSettings>;
