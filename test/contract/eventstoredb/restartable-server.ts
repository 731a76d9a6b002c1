// A server whose clock the test moves, and that starts again on its folder, with a client for it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { systemRuntime } from '@mainstem/event-store';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';

/** Before the clients' clocks: their deadlines never pass. */
const STARTED_AT_MS = Date.parse('2020-01-01T00:00:00Z');

export class RestartableServer {
  nowMs = STARTED_AT_MS;
  readonly #dir: string;
  #running: { readonly server: EventStoreDbServer; readonly client: EventStoreDBClient } | undefined;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async start(): Promise<RestartableServer> {
    const one = new RestartableServer(await mkdtemp(join(tmpdir(), 'mainstem-properties-')));
    await one.#start();
    return one;
  }

  get client(): EventStoreDBClient {
    if (!this.#running) throw new Error('The server does not run.');
    return this.#running.client;
  }

  async restart(): Promise<void> {
    await this.#stop();
    await this.#start();
  }

  async remove(): Promise<void> {
    await this.#stop();
    await rm(this.#dir, { recursive: true });
  }

  async #start(): Promise<void> {
    const server = await EventStoreDbServer.start({ dir: this.#dir, port: 0, runtime: { ...systemRuntime, now: () => this.nowMs } });
    this.#running = { server, client: EventStoreDBClient.connectionString(server.connectionString) };
  }

  async #stop(): Promise<void> {
    await this.#running?.client.dispose();
    await this.#running?.server.stop();
    this.#running = undefined;
  }
}
