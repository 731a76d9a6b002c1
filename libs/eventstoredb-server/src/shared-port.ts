// One port for both protocols, as in EventStoreDB: HTTP/2 for gRPC, HTTP/1.1 for health checks.
import type { Server as HttpServer } from 'node:http';
import { createServer, isIP, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { ServerCredentials, type Server as GrpcServer } from '@grpc/grpc-js';
import { CannotListen, ServerSettingsInvalid } from './errors.js';

/** The first bytes of HTTP/2; no method of HTTP/1.1 begins like this. */
const PREFACE = Buffer.from('PRI');
/** The time limit for the first bytes of a connection, and for the TLS handshake. */
const GREETING_TIMEOUT_MS = 10_000;

export interface SharedPortOptions {
  readonly host: string;
  /** 0 means a free port. */
  readonly port: number;
  readonly tls: { readonly certificate: Buffer; readonly privateKey: Buffer } | undefined;
  readonly grpc: GrpcServer;
  /** Does not listen itself. */
  readonly http: HttpServer;
}

export class SharedPort {
  readonly port: number;
  readonly #server: NetServer;
  readonly #sockets: ReadonlySet<Socket>;
  #closed: Promise<void> | undefined;

  /** Errors: EVENT_STORE_SERVER_SETTINGS_INVALID, EVENT_STORE_SERVER_CANNOT_LISTEN. */
  static async listen(options: SharedPortOptions): Promise<SharedPort> {
    const { host, port } = options;
    const sockets = new Set<Socket>();
    const server = acceptor(options);
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new CannotListen(`${isIP(host) === 6 ? `[${host}]` : host}:${port}`, error)));
      server.listen(port, host, resolve);
    });
    return new SharedPort(server, sockets);
  }

  private constructor(server: NetServer, sockets: ReadonlySet<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Accepts no more connections. Open ones stay; resolves when the last one has ended. */
  refuse(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#server.close(() => resolve()));
    return this.#closed;
  }

  /** Ends all connections, and resolves when the port is free. */
  async close(): Promise<void> {
    const isClosed = this.refuse();
    for (const socket of this.#sockets) socket.destroy();
    await isClosed;
  }
}

const acceptor = ({ tls, grpc, http }: SharedPortOptions): NetServer => {
  // TLS ends here; both protocols get the decrypted bytes.
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const handOver = (socket: Socket, isHttp2: boolean): void => {
    if (isHttp2) injector.injectConnection(socket);
    else http.emit('connection', socket);
  };
  if (!tls) return createServer({ noDelay: true }, (socket) => greet(socket, (isHttp2) => handOver(socket, isHttp2)));
  const options = {
    cert: tls.certificate,
    key: tls.privateKey,
    ALPNProtocols: ['h2', 'http/1.1'],
    noDelay: true,
    handshakeTimeout: GREETING_TIMEOUT_MS,
  };
  try {
    return createTlsServer(options, (socket) => handOver(socket, socket.alpnProtocol === 'h2'));
  } catch (error) {
    throw new ServerSettingsInvalid('The certificate and the private key are no PEM files, or do not belong together. Give a matching pair.', error);
  }
};

/** Reads the first bytes and puts them back. */
const greet = (socket: Socket, greeted: (isHttp2: boolean) => void): void => {
  let head = Buffer.alloc(0);
  const onReadable = (): void => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    head = Buffer.concat([head, bytes]);
    const isHttp2 = PREFACE.subarray(0, head.length).equals(head.subarray(0, PREFACE.length));
    if (isHttp2 && head.length < PREFACE.length) return;
    socket.off('readable', onReadable).off('timeout', onLate).off('error', onLate).setTimeout(0);
    socket.unshift(head);
    greeted(isHttp2);
  };
  // A connection that stays silent, or has ended, is dropped.
  const onLate = (): void => void socket.destroy();
  socket.on('readable', onReadable).on('error', onLate).setTimeout(GREETING_TIMEOUT_MS, onLate);
};
