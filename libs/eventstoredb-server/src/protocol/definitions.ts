// The services and messages, loaded from the .proto files of this package.
import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type AnyDefinition, type MessageTypeDefinition } from '@grpc/proto-loader';

const PROTO_FOLDER = fileURLToPath(new URL('../../proto', import.meta.url));

/** 64-bit numbers stay decimal strings: a JavaScript number would lose their last digits. */
const definitions = loadSync(['streams.proto', 'persistent.proto', 'gossip.proto', 'serverfeatures.proto', 'mainstem.proto'], {
  keepCase: true,
  longs: String,
  enums: String,
  bytes: Buffer,
  oneofs: true,
  includeDirs: [PROTO_FOLDER],
});

const service = (name: string): ServiceDefinition => definitions[name] as ServiceDefinition;

/** Answers of Read may be bytes: encoding events is the hot path of the server. */
const withEncodedReads = (definition: ServiceDefinition): ServiceDefinition => {
  const read = definition['Read'] as ServiceDefinition[string];
  return {
    ...definition,
    Read: { ...read, responseSerialize: (message: object) => (Buffer.isBuffer(message) ? message : read.responseSerialize(message)) },
  };
};

export const streamsService = withEncodedReads(service('event_store.client.streams.Streams'));
export const ownStreamsService = service('mainstem.event_store.Streams');
export const persistentService = withEncodedReads(service('event_store.client.persistent_subscriptions.PersistentSubscriptions'));
export const gossipService = service('event_store.client.gossip.Gossip');
export const serverFeaturesService = service('event_store.client.server_features.ServerFeatures');

/** A message packed as the detail of a status: its bytes and its type name. */
export const packed = (name: string, message: object): { readonly type_url: string; readonly value: Buffer } => ({
  type_url: `type.googleapis.com/${name}`,
  value: (definitions[name] as AnyDefinition as MessageTypeDefinition<object, object>).serialize(message),
});
