// Calls that no client would make, by hand.
import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';

const definitions = loadSync(['streams.proto', 'persistent.proto', 'gossip.proto', 'serverfeatures.proto'], {
  keepCase: true,
  longs: String,
  enums: String,
  bytes: Buffer,
  oneofs: true,
  includeDirs: [fileURLToPath(new URL('../../../libs/eventstoredb-server/proto', import.meta.url))],
});

type Method = MethodDefinition<object, object>;

export class RawProtocol {
  readonly #client: Client;

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** The gRPC status of a read with these options. */
  async readStatus(options: object): Promise<number> {
    const answers = await this.read(options);
    return answers.status;
  }

  /** How many events a read gives. */
  async readEvents(options: object): Promise<number> {
    const { messages } = await this.read(options);
    return messages.filter((message) => 'event' in message).length;
  }

  read(options: object): Promise<{ readonly status: number; readonly messages: readonly object[] }> {
    const { path, requestSerialize, responseDeserialize } = method('event_store.client.streams.Streams', 'Read');
    const call = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { options }, new Metadata());
    const messages: object[] = [];
    return new Promise((resolve) => {
      call.on('data', (message: object) => messages.push(message));
      call.on('error', (error: ServiceError) => resolve({ status: error.code, messages }));
      call.on('end', () => resolve({ status: 0, messages }));
    });
  }

  /** The answer to one call with one answer, or its error. */
  unary(service: string, name: string, request: object): Promise<object | ServiceError> {
    const { path, requestSerialize, responseDeserialize } = method(service, name);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) => resolve(error ?? answer ?? {}));
    });
  }

  /** The answers to a call that both sides send over, until it has ended; and its status. */
  exchange(service: string, name: string, requests: readonly object[]): Promise<{ readonly status: number; readonly messages: readonly object[] }> {
    const { path, requestSerialize, responseDeserialize } = method(service, name);
    const call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const messages: object[] = [];
    return new Promise((resolve) => {
      call.on('data', (message: object) => messages.push(message));
      call.on('error', (error: ServiceError) => resolve({ status: error.code, messages }));
      call.on('end', () => resolve({ status: 0, messages }));
      for (const request of requests) call.write(request);
    });
  }

  /** The status of a call to a method that may not be there. */
  statusOf(path: string): Promise<number> {
    const bytes = (): Buffer => Buffer.alloc(0);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        path,
        bytes,
        (answer: Buffer) => answer,
        {},
        (error) => resolve(error?.code ?? 0),
      );
    });
  }

  /** Sends the parts of appends over one call, and gives the answers when the server has ended it. */
  batchAppend(requests: readonly object[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { path, requestSerialize, responseDeserialize } = method('event_store.client.streams.Streams', 'BatchAppend');
    const call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const answers: Readonly<Record<string, unknown>>[] = [];
    return new Promise((resolve, reject) => {
      call.on('data', (answer: Readonly<Record<string, unknown>>) => answers.push(answer));
      call.on('error', reject);
      call.on('end', () => resolve(answers));
      for (const request of requests) call.write(request);
      call.end();
    });
  }

  /** Begins an append and does not end it. The status with which the call ends, and how many answers came before. */
  begin(name: 'Append' | 'BatchAppend', requests: readonly object[]): Promise<{ readonly status: number; readonly answers: number }> {
    const { path, requestSerialize, responseDeserialize } = method('event_store.client.streams.Streams', name);
    return new Promise((resolve) => {
      let answers = 0;
      const ended = (status: number): void => resolve({ status, answers });
      if (name === 'Append') {
        const call = this.#client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, (error) => ended(error?.code ?? 0));
        for (const request of requests) call.write(request);
        return;
      }
      const call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
      call.on('data', () => answers++);
      call.on('error', (error: ServiceError) => ended(error.code));
      call.on('end', () => ended(0));
      for (const request of requests) call.write(request);
    });
  }

  close(): void {
    this.#client.close();
  }
}

const method = (service: string, name: string): Method => (definitions[service] as ServiceDefinition)[name] as Method;
