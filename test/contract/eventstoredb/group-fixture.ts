// A server with one group of consumers on one stream, in the words of its specs.
import {
  EventStoreDBClient,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  type PersistentSubscriptionToStreamInfo,
  type PersistentSubscriptionToStreamSettings,
} from '@eventstore/db-client';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { read, startProtocol, type ProtocolFixture } from './protocol-fixture.js';
import { counted, ScenarioConsumer, type Answer, type Seen } from './scenario.js';

export const STREAM = 'work-1';
export const PARKED = '$persistentsubscription-work-1::g-parked';
export const CHECKPOINT = '$persistentsubscription-work-1::g-checkpoint';
/** A checkpoint for each answer. */
export const EACH = { checkPointLowerBound: 1, checkPointUpperBound: 1 } as const;
/** None in the time of a test. */
export const NONE = { checkPointLowerBound: 1_000, checkPointUpperBound: 10_000 } as const;

export class GroupFixture {
  #protocol: ProtocolFixture;

  static async start(): Promise<GroupFixture> {
    return new GroupFixture(await startProtocol());
  }

  private constructor(protocol: ProtocolFixture) {
    this.#protocol = protocol;
  }

  get client(): EventStoreDBClient {
    return this.#protocol.client;
  }

  get server(): EventStoreDbServer {
    return this.#protocol.server;
  }

  get dir(): string {
    return this.#protocol.dir;
  }

  /** From the start, unless the settings say otherwise. */
  create(settings: Partial<PersistentSubscriptionToStreamSettings> = {}): Promise<void> {
    const all = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...settings });
    return this.client.createPersistentSubscriptionToStream(STREAM, 'g', all);
  }

  async append(count: number): Promise<void> {
    await this.client.appendToStream(STREAM, counted(count));
  }

  follow(answer?: (seen: Seen, nth: number) => Answer, bufferSize = 10): ScenarioConsumer {
    return new ScenarioConsumer(this.client.subscribeToPersistentSubscriptionToStream(STREAM, 'g', { bufferSize }), answer);
  }

  info(): Promise<PersistentSubscriptionToStreamInfo> {
    return this.client.getPersistentSubscriptionToStreamInfo(STREAM, 'g');
  }

  read(stream: string): ReturnType<typeof read> {
    return read(this.client, stream);
  }

  /** Another server on the same folder. */
  async restart(): Promise<void> {
    const { dir, client, server, stop } = this.#protocol;
    await client.dispose();
    await server.stop();
    const again = await EventStoreDbServer.start({ dir, port: 0 });
    const connected = EventStoreDBClient.connectionString(again.connectionString);
    const stopAll = async (): Promise<void> => {
      await connected.dispose();
      await again.stop();
      await stop();
    };
    this.#protocol = { dir, server: again, client: connected, stop: stopAll };
  }

  stop(): Promise<void> {
    return this.#protocol.stop();
  }
}

/** `revision retry n` of each line. */
export const revisionsOf = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => `${/#(\d+)/.exec(line)?.[1]} ${/retry \d+/.exec(line)?.[0]}`);
