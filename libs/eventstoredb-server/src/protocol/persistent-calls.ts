// The service for groups of consumers: calls with one answer, and the call through which a consumer stays connected.
import {
  type handleUnaryCall,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Runtime } from '@mainstem/event-store';
import type { ConsumerInfo, GroupInfo } from '../persistent/group-info.js';
import type { PersistentSubscriptions } from '../persistent/persistent-subscriptions.js';
import type { Access } from './access.js';
import { failureOf, reportedFailure, type Report } from './failures.js';
import { EMPTY } from './messages.js';
import type { OpenCalls } from './open-calls.js';
import type {
  GroupRequestMessage,
  ListRequestMessage,
  PersistentReadRequestMessage,
  PutRequestMessage,
  ReplayParkedRequestMessage,
} from './persistent-messages.js';
import { PersistentReadCall } from './persistent-read.js';
import { groupNameOf, listedSourceOf, settingsOf, stopAtOf } from './persistent-requests.js';

export interface PersistentContext {
  readonly groups: PersistentSubscriptions;
  readonly access: Access;
  readonly runtime: Runtime;
  readonly report: Report;
  readonly openCalls: OpenCalls;
}

export const persistentCalls = (context: PersistentContext): UntypedServiceImplementation => {
  const { groups, access } = context;
  return {
    Create: answered<PutRequestMessage>(context, (request, user) => groups.create(settingsOf(request), user)),
    Update: answered<PutRequestMessage>(context, (request, user) => groups.update(settingsOf(request), user)),
    Delete: answered<GroupRequestMessage>(context, ({ options }, user) => groups.delete(groupNameOf(options), user)),
    GetInfo: answered<GroupRequestMessage>(context, async ({ options }) => ({
      subscription_info: infoMessage(await groups.info(groupNameOf(options))),
    })),
    ReplayParked: answered<ReplayParkedRequestMessage>(context, (request) => groups.replayParked(groupNameOf(request.options), stopAtOf(request))),
    List: answered<ListRequestMessage>(context, async (request) => ({
      subscriptions: (await groups.list(listedSourceOf(request))).map(infoMessage),
    })),
    RestartSubsystem: answered<object>(context, () => groups.restart()),
    Read: (call: ServerDuplexStream<PersistentReadRequestMessage, object>): void => {
      try {
        access.check(call.metadata);
      } catch (error) {
        call.emit('error', failureOf(error));
        return;
      }
      new PersistentReadCall(call, context);
    },
  };
};

const answered =
  <Request>(
    { access, report }: PersistentContext,
    work: (request: Request, user: string) => Promise<object | void>,
  ): handleUnaryCall<Request, object> =>
  (call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>) => {
    const run = async (): Promise<object> => {
      access.check(call.metadata);
      return (await work(call.request, access.user)) ?? EMPTY;
    };
    run().then(
      (message) => answer(null, message),
      (error: unknown) => answer(reportedFailure(error, report), null),
    );
  };

const infoMessage = (info: GroupInfo): object => {
  const { settings } = info.group;
  return {
    event_source: info.source,
    group_name: settings.group,
    status: info.status,
    connections: info.consumers.map(connectionMessage),
    average_per_second: info.perSecond,
    total_items: String(info.total),
    count_since_last_measurement: String(info.countSinceReport),
    last_checkpointed_event_position: info.checkpoint,
    last_known_event_position: info.lastKnown,
    resolve_link_tos: settings.resolvesLinks,
    start_from: info.startFrom,
    message_timeout_milliseconds: settings.messageTimeoutMs,
    extra_statistics: settings.hasExtraStatistics,
    max_retry_count: settings.retriesMax,
    live_buffer_size: settings.liveBufferSize,
    buffer_size: settings.historyBufferSize,
    read_batch_size: settings.readBatchSize,
    check_point_after_milliseconds: info.checkpointAfterMs,
    min_check_point_count: settings.checkpointCountMin,
    max_check_point_count: settings.checkpointCountMax,
    read_buffer_count: info.buffered.read,
    live_buffer_count: String(info.buffered.live),
    retry_buffer_count: info.buffered.retries,
    total_in_flight_messages: info.inFlight,
    outstanding_messages_count: info.unanswered,
    named_consumer_strategy: settings.strategy,
    max_subscriber_count: settings.consumersMax,
    parked_message_count: String(info.parked),
  };
};

const connectionMessage = (consumer: ConsumerInfo): object => ({
  username: consumer.username,
  average_items_per_second: consumer.perSecond,
  total_items: String(consumer.total),
  count_since_last_measurement: String(consumer.countSinceReport),
  observed_measurements: consumer.measurements.map(({ key, value }) => ({ key, value: String(value) })),
  available_slots: consumer.freeSlots,
  in_flight_messages: consumer.inFlight,
  connection_name: consumer.connectionName,
});
