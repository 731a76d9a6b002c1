// One connected consumer: messages go out and answers come in until one side ends the call.
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { EventStoreClosed, type Runtime } from '@mainstem/event-store';
import { RequestInvalid } from '../errors.js';
import type { Consumer, ConsumerOutlet } from '../persistent/consumer.js';
import type { Group, NackAction } from '../persistent/group.js';
import type { Message } from '../persistent/message.js';
import type { PersistentSubscriptions } from '../persistent/persistent-subscriptions.js';
import type { Access } from './access.js';
import { encodeReadEvent } from './encode-event.js';
import { reportedFailure, type Report } from './failures.js';
import type { UuidMessage } from './messages.js';
import type { OpenCalls } from './open-calls.js';
import type { PersistentReadRequestMessage } from './persistent-messages.js';
import { groupNameOf } from './persistent-requests.js';
import { uuidOf } from './wire.js';

/** Bytes that the client has not accepted yet; beyond this limit other consumers get the messages. */
const UNTAKEN_BYTES_MAX = 1_048_576;
/** The limit of one consumer's unanswered messages, whatever it asks for: they are held in memory. */
const SLOTS_MAX = 65_536;
const ACTIONS: readonly NackAction[] = ['Unknown', 'Park', 'Retry', 'Skip', 'Stop'];

export interface PersistentReadContext {
  readonly groups: PersistentSubscriptions;
  readonly access: Access;
  readonly runtime: Runtime;
  readonly report: Report;
  readonly openCalls: OpenCalls;
}

type Call = ServerDuplexStream<PersistentReadRequestMessage, object>;

export class PersistentReadCall {
  readonly #call: Call;
  readonly #context: PersistentReadContext;
  #leave: () => void = () => undefined;
  #connecting: Promise<void> | undefined;
  #connected: { readonly group: Group; readonly consumer: Consumer } | undefined;
  #isUuidStructured = false;
  #untakenBytes = 0;
  #isOver = false;

  constructor(call: Call, context: PersistentReadContext) {
    this.#call = call;
    this.#context = context;
    call.on('data', (request: PersistentReadRequestMessage) => this.#receive(request));
    call.on('end', () => {
      // The client sends no more; its unanswered messages go to other consumers only when it disconnects.
      if (!this.#connecting) this.#finish(() => call.end());
    });
    const leftBehind = (): void => this.#finish(() => undefined);
    call.on('cancelled', leftBehind);
    call.on('close', leftBehind);
    call.on('error', leftBehind);
    // A server that is stopping ends the call at once.
    this.#leave = context.openCalls.add(() => this.#fail(new EventStoreClosed()));
    if (this.#isOver) this.#leave();
  }

  #receive(request: PersistentReadRequestMessage): void {
    if (this.#isOver) return;
    try {
      if (!this.#connecting) this.#connecting = this.#connect(request).catch((error: unknown) => this.#fail(error));
      else if (this.#connected) this.#answer(request);
      else throw new RequestInvalid('Answers come after the confirmation.');
    } catch (error) {
      this.#fail(error);
    }
  }

  async #connect({ options }: PersistentReadRequestMessage): Promise<void> {
    if (!options) throw new RequestInvalid('The first message of a consumer carries its options.');
    const slots = options.buffer_size ?? 0;
    if (slots < 1) throw new RequestInvalid('A consumer takes at least one message at a time: its buffer size is 1 or more.');
    this.#isUuidStructured = options.uuid_option?.content !== 'string';
    const [connectionName = '<unknown>'] = this.#call.metadata.get('connection-name').map(String);
    const { groups, access } = this.#context;
    const group = await groups.group(groupNameOf(options));
    if (this.#isOver) return;
    const consumer = group.connect({ outlet: this.#outlet(), slots: Math.min(slots, SLOTS_MAX), connectionName, username: access.user });
    this.#connected = { group, consumer };
    this.#call.write({ subscription_confirmation: { subscription_id: group.key } });
    group.add(consumer);
  }

  #answer({ content, ack, nack }: PersistentReadRequestMessage): void {
    const { group } = this.#connected ?? {};
    if (content === 'ack') group?.acknowledge(idsOf(ack?.ids));
    else if (content === 'nack') group?.refuse(idsOf(nack?.ids), actionOf(nack?.action), nack?.reason ?? '');
    else throw new RequestInvalid('A connected consumer sends acknowledgements or refusals only.');
  }

  #outlet(): ConsumerOutlet {
    const hasRoom = (): boolean => this.#untakenBytes < UNTAKEN_BYTES_MAX;
    return {
      get hasRoom() {
        return hasRoom();
      },
      send: (message) => this.#send(message),
      drop: (error) => this.#fail(error),
    };
  }

  #send(message: Message): void {
    const bytes = encodeReadEvent(message, this.#isUuidStructured, message.retries);
    this.#untakenBytes += bytes.length;
    this.#call.write(bytes, () => {
      const wasFull = this.#untakenBytes >= UNTAKEN_BYTES_MAX;
      this.#untakenBytes -= bytes.length;
      if (wasFull && this.#untakenBytes < UNTAKEN_BYTES_MAX) this.#connected?.group.push();
    });
  }

  #fail(error: unknown): void {
    this.#finish(() => this.#call.emit('error', reportedFailure(error, this.#context.report)));
  }

  #finish(end: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave();
    this.#connected?.group.remove(this.#connected.consumer);
    end();
  }
}

const idsOf = (ids: readonly UuidMessage[] = []): readonly string[] => ids.map(uuidOf).filter((id) => id !== undefined);

const actionOf = (action: string | number = 'Unknown'): NackAction => {
  const known = ACTIONS.find((name) => name === action);
  if (!known) throw new RequestInvalid(`A message that is not acknowledged is parked, retried or skipped; ${action} is none of these.`);
  return known;
};
