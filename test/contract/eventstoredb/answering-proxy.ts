// A gRPC server before ours that hands calls on as bytes, and adds or answers what only other servers would.
import { Client, credentials, Server, ServerCredentials, type Metadata, type ServiceError } from '@grpc/grpc-js';

const STREAMS = '/event_store.client.streams.Streams';

export interface ProxyAnswers {
  /** Sent after the first answer of a subscription to $all. */
  readonly afterConfirmation?: () => readonly Buffer[];
  /** The answer in place of the server's, to an append with these bytes. */
  readonly toAppend?: (request: Buffer) => Buffer | undefined;
  /** The failure in place of the server's answer to a read. */
  readonly toRead?: () => { readonly code: number; readonly details: string } | undefined;
}

export interface AnsweringProxy {
  readonly connectionString: string;
  /** Bytes of all answers to reads so far. */
  readonly readBytes: () => number;
  stop(): void;
}

interface Call {
  readonly request: Buffer;
  readonly metadata: Metadata;
  on(event: string, listener: (bytes: Buffer) => void): void;
  write(bytes: Buffer): void;
  end(): void;
  cancel(): void;
  emit(event: 'error', error: object): void;
}

const asItIs = (bytes: Buffer): Buffer => bytes;
const passOn = (to: Call) => (error: unknown) => {
  const { code, details, metadata } = error as ServiceError;
  to.emit('error', { code, details, metadata });
};

export const startAnsweringProxy = async (port: number, { afterConfirmation, toAppend, toRead }: ProxyAnswers = {}): Promise<AnsweringProxy> => {
  const upstream = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  let bytesRead = 0;
  const read = (call: Call): void => {
    const failure = toRead?.();
    if (failure) return call.emit('error', failure);
    const onward = upstream.makeServerStreamRequest(`${STREAMS}/Read`, asItIs, asItIs, call.request, call.metadata);
    let isFirst = true;
    onward.on('data', (bytes: Buffer) => {
      bytesRead += bytes.length;
      call.write(bytes);
      // ReadResp.confirmation = 2.
      if (isFirst && bytes[0] === 0x12) for (const more of afterConfirmation?.() ?? []) call.write(more);
      isFirst = false;
    });
    onward.on('end', () => call.end()).on('error', passOn(call));
    call.on('cancelled', () => onward.cancel());
  };
  const batchAppend = (call: Call): void => {
    const onward = upstream.makeBidiStreamRequest(`${STREAMS}/BatchAppend`, asItIs, asItIs, call.metadata);
    call.on('data', (bytes) => {
      const answer = toAppend?.(bytes);
      if (answer) call.write(answer);
      else onward.write(bytes);
    });
    call.on('end', () => onward.end());
    call.on('cancelled', () => onward.cancel());
    onward
      .on('data', (bytes: Buffer) => call.write(bytes))
      .on('end', () => call.end())
      .on('error', passOn(call));
  };
  const method = (name: string, requestStream: boolean) => ({
    path: `${STREAMS}/${name}`,
    requestStream,
    responseStream: true,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  });
  const server = new Server();
  server.addService({ Read: method('Read', false), BatchAppend: method('BatchAppend', true) }, { Read: read, BatchAppend: batchAppend } as never);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) => (error ? reject(error) : resolve(at)));
  });
  const stop = (): void => {
    server.forceShutdown();
    upstream.close();
  };
  return { connectionString: `esdb://127.0.0.1:${bound}?tls=false`, readBytes: () => bytesRead, stop };
};

const varint = (number: bigint): Buffer => {
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
};
const text = (field: number, value: Buffer): Buffer => Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(value.length)), value]);

/** ReadResp.checkpoint = 3 { commit_position = 1, prepare_position = 2 }. */
export const checkpointMessage = (commit: bigint, prepare = commit): Buffer =>
  text(3, Buffer.concat([Buffer.from([8]), varint(commit), Buffer.from([16]), varint(prepare)]));

/**
 * The answer of a node that starts, is busy or leaderless: BatchAppendResp { correlation_id = 1, error = 2 { message =
 * 2, details = 3 } }, code 0.
 */
export const notHandledMessage = (request: Buffer, words: string): Buffer => {
  const correlation = request.subarray(0, 2 + (request[1] ?? 0));
  const details = text(3, text(1, Buffer.from('type.googleapis.com/google.protobuf.Empty')));
  return Buffer.concat([correlation, text(2, Buffer.concat([text(2, Buffer.from(words)), details]))]);
};

/**
 * The answer of servers from 25.1 on to an append with a too large event: details { event_id = 1, proposed_event_size =
 * 2, max_append_event_size = 3 }.
 */
export const eventTooLargeMessage = (request: Buffer, size: number, sizeMax: number): Buffer => {
  const correlation = request.subarray(0, 2 + (request[1] ?? 0));
  const value = Buffer.concat([Buffer.from([0x10]), varint(BigInt(size)), Buffer.from([0x18]), varint(BigInt(sizeMax))]);
  const name = Buffer.from('type.googleapis.com/event_store.client.MaximumAppendEventSizeExceeded');
  const details = text(3, Buffer.concat([text(1, name), text(2, value)]));
  return Buffer.concat([correlation, text(2, Buffer.concat([Buffer.from([8, 3]), text(2, Buffer.from('too large')), details]))]);
};

/** The answer to a recognised append whose events are gone: success = 3 { current_revision = 1, no_position = 4 }. */
export const withoutPositionMessage = (request: Buffer, revision: bigint): Buffer => {
  const correlation = request.subarray(0, 2 + (request[1] ?? 0));
  return Buffer.concat([correlation, text(3, Buffer.concat([Buffer.from([8]), varint(revision), text(4, Buffer.alloc(0))]))]);
};
