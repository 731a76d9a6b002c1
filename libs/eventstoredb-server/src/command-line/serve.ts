// Runs the server with the settings of a command line until a signal ends it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsInvalid } from '@mainstem/event-store/settings';
import type { Metrics } from '../health-server.js';
import { EventStoreDbServer } from '../server.js';
import type { ServerSettings } from './server-settings.js';

export interface ServeOptions {
  /** Prints what the server says about itself: where it listens. */
  readonly announce: (text: string) => void;
  /** Receives failures that clients learn without details. */
  readonly onFailure: (error: unknown) => void;
  readonly metrics?: Metrics | undefined;
}

/** Resolves when the server listens. SIGINT and SIGTERM stop it. Errors: SETTINGS_INVALID, those of the server. */
export const serve = async (settings: ServerSettings, { announce, onFailure, metrics }: ServeOptions): Promise<void> => {
  const { tls, administrator, healthPort, writeBytesMax, host } = settings;
  const certificates = tls && { certificate: await pem('--tls-cert', tls.certificate), privateKey: await pem('--tls-key', tls.privateKey) };
  const dir = settings.dir ?? (await mkdtemp(join(tmpdir(), 'eventstoredb-server-')));
  const leave = async (): Promise<void> => {
    if (settings.dir === undefined) await rm(dir, { recursive: true, force: true });
  };
  let server: EventStoreDbServer;
  try {
    server = await EventStoreDbServer.start({
      dir,
      host,
      port: settings.port,
      allowInsecure: settings.allowInsecure,
      links: settings.links,
      onFailure,
      ...(certificates && { tls: certificates }),
      ...(administrator && { administrator }),
      ...(healthPort !== undefined && { healthPort }),
      ...(metrics && { metrics }),
      ...(writeBytesMax !== undefined && { writeBytesMax }),
    });
  } catch (error) {
    await leave();
    throw error;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop().finally(leave));
  announce(`Event store on ${server.connectionString}, data in ${dir}`);
  if (server.healthPort !== undefined) announce(`Health on http://${host}:${server.healthPort}/health/live`);
};

const pem = async (flag: string, path: string): Promise<Buffer> => {
  try {
    return await readFile(path);
  } catch (error) {
    throw new SettingsInvalid(flag, `${path} cannot be read. Name a PEM file that this user may read.`, { cause: error });
  }
};
