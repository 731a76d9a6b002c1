// A node of a cluster that is not the leader: it answers every call with where the leader is, as EventStoreDB does.
import { fileURLToPath } from 'node:url';
import { Metadata, Server, ServerCredentials, status, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const definitions = loadSync(['streams.proto'], {
  includeDirs: [fileURLToPath(new URL('../../../libs/eventstoredb-server/proto', import.meta.url))],
});

export interface Follower {
  readonly port: number;
  /** Calls that were sent away. */
  readonly refused: readonly string[];
  stop(): void;
}

export const startFollower = async (leader: { readonly port: number }): Promise<Follower> => {
  const server = new Server();
  const refused: string[] = [];
  const refuse =
    (name: string) =>
    (call: { emit?(event: 'error', error: object): unknown }, answer?: (error: object) => void): void => {
      refused.push(name);
      const metadata = new Metadata();
      metadata.set('exception', 'not-leader');
      metadata.set('leader-endpoint-host', '127.0.0.1');
      metadata.set('leader-endpoint-port', String(leader.port));
      const error = { code: status.NOT_FOUND, details: 'Leader info available', metadata };
      if (answer) answer(error);
      else call.emit?.('error', error);
    };
  const names = ['Read', 'Append', 'BatchAppend', 'Delete', 'Tombstone'];
  const service = definitions['event_store.client.streams.Streams'] as ServiceDefinition;
  server.addService(service, Object.fromEntries(names.map((name) => [name, refuse(name)])) as never);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { port, refused, stop: () => server.forceShutdown() };
};
