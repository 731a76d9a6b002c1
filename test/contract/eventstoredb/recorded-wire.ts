// Single requests as a real EventStoreDB answered them, sent again: what is sent, and what of an answer is compared.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, credentials, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';

const DATA = fileURLToPath(new URL('../../../data/eventstoredb-24.10/wire.ndjson', import.meta.url));
const PROTO_FOLDER = fileURLToPath(new URL('../../../libs/eventstoredb-server/proto', import.meta.url));
/** A call that stays open is looked at for so long after its last answer. */
const QUIET_MS = 200;
const ANSWER_MS_MAX = 8_000;

const definitions = loadSync(['streams.proto', 'gossip.proto', 'serverfeatures.proto'], {
  keepCase: true,
  longs: String,
  enums: Number,
  bytes: Buffer,
  includeDirs: [PROTO_FOLDER],
});
const SERVICES = {
  Gossip: ['event_store.client.gossip.Gossip', 'Read'],
  GetSupportedMethods: ['event_store.client.server_features.ServerFeatures', 'GetSupportedMethods'],
} as const;

/** For a call with one answer: `ok`. For one with many: `got`, and its end: by itself, with a status, or not at all. */
export interface WireAnswer {
  readonly ok?: unknown;
  readonly got?: readonly unknown[];
  readonly end?: true;
  readonly open?: true;
  readonly more?: true;
  readonly code?: number;
  readonly text?: string;
  readonly trailers?: Readonly<Record<string, string>>;
}

export interface RecordedCall {
  readonly name: string;
  readonly method: 'Read' | 'Append' | 'BatchAppend' | 'Delete' | 'Tombstone' | keyof typeof SERVICES;
  readonly requests: readonly unknown[];
  readonly answer: WireAnswer;
}

/** In the order in which they are sent: later ones meet what earlier ones have written. */
export const recordedCalls = (): readonly RecordedCall[] =>
  readFileSync(DATA, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedCall);

/** What clients see of an answer: words only where clients read them, which is with status 9. */
export const seenOf = (answer: WireAnswer): unknown =>
  JSON.parse(JSON.stringify(answer, (key, value: unknown) => ((key === 'text' || key === 'message') && answer.code !== 9 ? undefined : value)));

/** Where the real server answers with an accident of its own, any refusal is right, and so is nothing at all. */
export const isAccident = ({ code }: WireAnswer): boolean => code === 2;
export const isRefusal = ({ code, end, got }: WireAnswer): boolean => code !== undefined || (end === true && got?.length === 0);

export class WireReplay {
  readonly #client: Client;
  /** By the names that the recording has for ids that come more than once. */
  readonly #ids = new Map<string, string>();

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  answerTo({ method, requests, answer }: RecordedCall): Promise<WireAnswer> {
    const { path, requestSerialize, responseDeserialize, requestStream, responseStream } = methodOf(method);
    const messages = requests.map((request) => this.#message(request) as object);
    const [first = {}] = messages;
    if (!responseStream) {
      return new Promise((resolve) => {
        const answered = (error: ServiceError | null, message?: object): void =>
          resolve(error ? failure(error) : { ok: method in SERVICES ? told(method, message) : masked(message) });
        if (!requestStream) this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, first, answered);
        else {
          const call = this.#client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, answered);
          for (const message of messages) call.write(message);
          call.end();
        }
      });
    }
    if (!requestStream) return answersOf(this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, first), answer);
    const call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    for (const message of messages) call.write(message);
    return answersOf(call, answer);
  }

  close(): void {
    this.#client.close();
  }

  /**
   * From the recording's notation: bytes as text, `{ bytes }` for a number of them, `{ times, message }`, names for
   * ids.
   */
  #message(value: unknown, key = ''): unknown {
    if (Array.isArray(value)) return value.map((entry) => this.#message(entry, key));
    if (value !== null && typeof value === 'object') {
      const { bytes, times, message } = value as { readonly bytes?: number; readonly times?: number; readonly message?: object };
      if (bytes !== undefined) return Buffer.from(`"${'y'.repeat(bytes - 2)}"`);
      if (times !== undefined) return Array.from({ length: times }, () => this.#message(message));
      return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, this.#message(field, name)]));
    }
    if (key === 'string') return this.#id(String(value));
    return key === 'data' || key === 'custom_metadata' || key === 'stream_name' ? Buffer.from(String(value)) : value;
  }

  #id(name: string): string {
    const id = this.#ids.get(name) ?? randomUUID();
    if (name !== 'new') this.#ids.set(name, id);
    return id;
  }
}

type Method = MethodDefinition<object, object>;

const methodOf = (name: RecordedCall['method']): Method => {
  const [service, method] = name in SERVICES ? SERVICES[name as keyof typeof SERVICES] : ['event_store.client.streams.Streams', name];
  return (definitions[service] as ServiceDefinition)[method] as Method;
};

/** As many answers as were recorded; otherwise until the call ends, or nothing more comes. */
const answersOf = (call: ClientReadableStream<object>, recorded: WireAnswer): Promise<WireAnswer> =>
  new Promise((resolve) => {
    const got: unknown[] = [];
    const wanted = recorded.got?.length ?? 0;
    const finish = (end: Omit<WireAnswer, 'got'>): void => {
      clearTimeout(timer);
      resolve({ got, ...end });
      call.cancel();
    };
    const stayOpen = (): void => finish({ open: true });
    const isQuiet = (): boolean => recorded.open === true && got.length >= wanted;
    let timer = setTimeout(stayOpen, ANSWER_MS_MAX);
    call.on('data', (message: object) => {
      got.push(masked(message));
      if (recorded.more && got.length >= wanted) finish({ more: true });
      else if (isQuiet()) {
        clearTimeout(timer);
        timer = setTimeout(stayOpen, QUIET_MS);
      }
    });
    call.on('error', (error: ServiceError) => finish(failure(error)));
    call.on('end', () => finish({ end: true }));
  });

const STANDARD_TRAILER = /^(date|server|content-length|content-type|grpc-)/;

const failure = ({ code, details, metadata }: ServiceError): WireAnswer => ({
  code,
  text: details,
  trailers: Object.fromEntries(
    Object.entries(metadata.getMap())
      .filter(([key]) => !STANDARD_TRAILER.test(key))
      .map(([key, value]) => [key, String(value)]),
  ),
});

const IDS = new Set(['string', 'most_significant_bits', 'least_significant_bits', 'subscription_id']);
const PLACES = new Set(['commit_position', 'prepare_position']);
const NOT_RECORDED = new Set(['created', 'value', 'any']);

/** As recorded: ids and positions by a sign, bytes as text, no zeros, which the wire leaves out. */
const masked = (value: unknown, key = ''): unknown => {
  if (Buffer.isBuffer(value)) return value.toString();
  if (key === 'correlation_id' || IDS.has(key)) return 'id';
  if (PLACES.has(key)) return '#';
  if (Array.isArray(value)) return value.map((entry) => masked(entry));
  if (value === null || typeof value !== 'object') return key === 'code' ? value : String(value);
  const fields = Object.entries(value).filter(([name]) => !NOT_RECORDED.has(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, masked(field, name)]).filter(([, field]) => field !== '0' && field !== ''));
};

/** Of the answers about the server itself only this is compared. */
const told = (method: RecordedCall['method'], message: object = {}): unknown => {
  if (method === 'Gossip') {
    const { members } = message as {
      readonly members: readonly [{ readonly state: number; readonly is_alive: boolean; readonly http_end_point: object }];
    };
    const [{ state, is_alive: alive, http_end_point: endPoint }] = members;
    return { state: String(state), alive, port: Number((endPoint as { readonly port: number }).port) > 0 };
  }
  const { methods } = message as {
    readonly methods: readonly { readonly service_name: string; readonly method_name: string; readonly features?: string[] }[];
  };
  const streams = methods
    .filter(({ service_name: service }) => /streams|persistent/.test(service))
    .map(({ service_name: service, method_name: name, features = [] }) => `${service}.${name}[${features.toSorted().join(',')}]`);
  return { streams: streams.toSorted() };
};
