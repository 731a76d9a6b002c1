// The services of the protocol together. Missing services (projections, users, operations) answer UNIMPLEMENTED.
import type { handleUnaryCall, ServerDuplexStream, ServerReadableStream, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { type Metadata, type Server } from '@grpc/grpc-js';
import { cancellationOf, sendAnswers } from './answer-stream.js';
import type { Access } from './access.js';
import { writeToAll } from './append-all.js';
import { BatchAppendCall } from './batch-append.js';
import { gossipService, ownStreamsService, persistentService, serverFeaturesService, streamsService } from './definitions.js';
import { failureOf } from './failures.js';
import type {
  AppendAllRequestMessage,
  AppendRequestMessage,
  BatchAppendRequestMessage,
  DeleteRequestMessage,
  ReadRequestMessage,
} from './messages.js';
import { persistentCalls, type PersistentContext } from './persistent-calls.js';
import { readAnswers } from './read-answers.js';
import { readPlan } from './read-plan.js';
import { handleAppend, handleDelete, type WriteContext } from './write-calls.js';

/** The release that this server behaves like: clients choose their features by it. */
const SERVER_VERSION = '24.10.14';
const STREAMS = 'event_store.client.streams.streams';
const PERSISTENT = 'event_store.client.persistent_subscriptions.persistentsubscriptions';
const PERSISTENT_METHODS = ['create', 'update', 'delete', 'read', 'getinfo', 'replayparked', 'list', 'restartsubsystem'];

export interface ServiceContext extends WriteContext, PersistentContext {
  readonly access: Access;
  /** The address of this node for clients that discover the cluster. Known once the server listens. */
  readonly endPoint: () => { readonly address: string; readonly port: number };
}

export const addServices = (server: Server, context: ServiceContext): void => {
  server.addService(streamsService, {
    Read: (call: ServerWritableStream<ReadRequestMessage, object>) => read(call, context),
    Append: (call: ServerReadableStream<AppendRequestMessage, object>, answer: sendUnaryData<object>) =>
      permitted(call, context, answer, () => handleAppend(call, answer, context)),
    BatchAppend: (call: ServerDuplexStream<BatchAppendRequestMessage, object>) =>
      permitted(
        call,
        context,
        (failure) => call.emit('error', failure),
        () => new BatchAppendCall(call, context),
      ),
    Delete: (call: ServerUnaryCall<DeleteRequestMessage, object>, answer: sendUnaryData<object>) =>
      permitted(call, context, answer, () => handleDelete(call, answer, (write) => context.log.softDelete(write), context)),
    Tombstone: (call: ServerUnaryCall<DeleteRequestMessage, object>, answer: sendUnaryData<object>) =>
      permitted(call, context, answer, () => handleDelete(call, answer, (write) => context.log.tombstone(write), context)),
  });
  server.addService(ownStreamsService, {
    AppendAll: (call: ServerDuplexStream<AppendAllRequestMessage, object>) =>
      permitted(
        call,
        context,
        (failure) => call.emit('error', failure),
        () => new BatchAppendCall(call, context, writeToAll),
      ),
  });
  server.addService(persistentService, persistentCalls(context));
  server.addService(gossipService, { Read: gossip(context) });
  server.addService(serverFeaturesService, { GetSupportedMethods: supportedMethods });
};

const read = (call: ServerWritableStream<ReadRequestMessage, object>, { access, log, runtime, report }: ServiceContext): void => {
  const signal = cancellationOf(call);
  const answers = async function* (): AsyncGenerator<readonly object[]> {
    access.check(call.metadata);
    yield* readAnswers(readPlan(call.request), { log, signal, newId: () => runtime.uuid() });
  };
  void sendAnswers(call, answers(), signal, report);
};

const permitted = (
  call: { readonly metadata: Metadata },
  { access }: ServiceContext,
  refuse: (failure: ReturnType<typeof failureOf>) => unknown,
  run: () => unknown,
): void => {
  try {
    access.check(call.metadata);
  } catch (error) {
    refuse(failureOf(error));
    return;
  }
  run();
};

const gossip =
  ({ log, runtime, endPoint }: ServiceContext): handleUnaryCall<object, object> =>
  (_call, answer) => {
    const member = {
      instance_id: { string: log.incarnation },
      // 100-nanosecond ticks since the year 1, as .NET counts.
      time_stamp: String(621_355_968_000_000_000n + BigInt(Math.floor(runtime.now())) * 10_000n),
      state: 'Leader',
      is_alive: true,
      http_end_point: endPoint(),
    };
    answer(null, { members: [member] });
  };

/** Names in lower case, as clients compare them. */
const supportedMethods: handleUnaryCall<object, object> = (_call, answer) => {
  const method = (service_name: string, method_name: string, features: readonly string[] = []): object => ({ service_name, method_name, features });
  answer(null, {
    event_store_server_version: SERVER_VERSION,
    methods: [
      method(STREAMS, 'read', ['position', 'events']),
      method(STREAMS, 'append'),
      method(STREAMS, 'batchappend', ['deadline_duration']),
      method(STREAMS, 'delete'),
      method(STREAMS, 'tombstone'),
      ...PERSISTENT_METHODS.map((name) => method(PERSISTENT, name, ['stream', 'all'])),
      method('event_store.client.gossip.gossip', 'read'),
      method('event_store.client.server_features.serverfeatures', 'getsupportedmethods'),
    ],
  });
};
