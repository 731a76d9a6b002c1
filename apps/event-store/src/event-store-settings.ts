// What the event store server's process is started with: the server's own settings, and those of every application.
import {
  CommandLineInvalid,
  readServerSettings,
  SERVER_HELP,
  type Environment,
  type ServerSettings,
} from '@mainstem/eventstoredb-server/command-line';

export interface EventStoreSettings extends ServerSettings {
  /** Serve figures of the process for Prometheus under /metrics of the health port. */
  readonly metrics: boolean;
}

export const EVENT_STORE_HELP = `${SERVER_HELP}
                             LOG_FORMAT             text         json writes each line of the log as a JSON object
                             METRICS                off          on answers GET /metrics on --health-port, for Prometheus`;

/** Reads flags (without the program's name) and environment; an empty variable counts as absent. Errors: SETTINGS_INVALID. */
export const readEventStoreSettings = (argv: readonly string[], env: Environment): EventStoreSettings => {
  const logFormat = env['LOG_FORMAT'] || 'text';
  if (logFormat !== 'text' && logFormat !== 'json') {
    throw new CommandLineInvalid(`LOG_FORMAT must be text or json, got ${JSON.stringify(logFormat)}.`);
  }
  const metrics = env['METRICS'] || 'off';
  if (metrics !== 'on' && metrics !== 'off') throw new CommandLineInvalid(`METRICS must be on or off, got ${JSON.stringify(metrics)}.`);
  return { ...readServerSettings(argv, env), metrics: metrics === 'on' };
};
