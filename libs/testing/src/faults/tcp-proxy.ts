// A TCP proxy that fails like a network does, between a client and a server that do not know of it.
import { createServer, createConnection, type AddressInfo, type Server, type Socket } from 'node:net';
import { systemRuntime, type Runtime } from '@mainstem/event-store';

/**
 * `none`: everything passes. `refuse`: new connections are reset at once. `half-open`: nothing passes and no side is
 * told, for ever on the present connections and on new ones meanwhile. `no-reply`: the client's data arrives, the
 * answers do not; a connection that has lost one gets no more. `delay`: every piece is late. `trickle`: a few bytes at
 * a time.
 */
export type TcpFault =
  | { readonly kind: 'none' | 'refuse' | 'half-open' | 'no-reply' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'trickle'; readonly bytes: number; readonly everyMs: number };

export interface TcpProxyOptions {
  /** The address of the server. */
  readonly target: { readonly host: string; readonly port: number };
  readonly runtime?: Runtime;
  /**
   * Called with each piece that arrives, before it is passed on or lost: a fault set here already holds for this piece.
   * Connections count from 1. Must not throw.
   */
  readonly onPiece?: (piece: Buffer, from: 'client' | 'server', connection: number) => void;
}

/** One connection through the proxy. */
interface Link {
  isDead: boolean;
  isMute: boolean;
}

export class TcpProxy {
  /** Listens on 127.0.0.1. */
  readonly port: number;
  readonly #options: TcpProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #links = new Set<Link>();
  readonly #closing = new AbortController();
  #fault: TcpFault = { kind: 'none' };
  #connections = 0;

  /** Listens on a free port and passes everything on. */
  static listen(options: TcpProxyOptions): Promise<TcpProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(new TcpProxy(options, server)));
    });
  }

  private constructor(options: TcpProxyOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#connect(client));
  }

  /** Sets the fault for open and new connections. */
  become(fault: TcpFault): void {
    this.#fault = fault;
    if (fault.kind === 'half-open') for (const link of this.#links) link.isDead = true;
  }

  /** Resets every open connection, like a crash or a firewall. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Resets open connections and listens no more. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(client: Socket): void {
    this.#keep(client);
    if (this.#fault.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = createConnection({ ...this.#options.target, noDelay: true, allowHalfOpen: true });
    this.#keep(server);
    const link: Link = { isDead: this.#fault.kind === 'half-open', isMute: false };
    this.#links.add(link);
    client.on('close', () => this.#links.delete(link));
    const { onPiece } = this.#options;
    const connection = ++this.#connections;
    void this.#pass(
      tapped(client, (piece) => onPiece?.(piece, 'client', connection)),
      server,
      () => link.isDead,
    );
    void this.#pass(
      tapped(server, (piece) => onPiece?.(piece, 'server', connection)),
      client,
      () => link.isDead || (link.isMute ||= this.#fault.kind === 'no-reply'),
    );
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // `#pass` tells the other side; an error of a socket ends it.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #pass(source: AsyncIterable<Buffer>, target: Socket, isLosing: () => boolean): Promise<void> {
    try {
      for await (const chunk of source) if (!isLosing()) await this.#send(chunk, target);
      if (!isLosing()) target.end();
    } catch {
      // A reset on one side becomes a reset on the other, unless the fault is silent.
      if (!isLosing()) target.resetAndDestroy();
    }
  }

  async #send(chunk: Buffer, target: Socket): Promise<void> {
    const { runtime = systemRuntime } = this.#options;
    if (this.#fault.kind === 'delay') await runtime.sleep(this.#fault.delayMs, this.#closing.signal);
    let rest = chunk;
    while (this.#fault.kind === 'trickle' && rest.length > this.#fault.bytes) {
      await write(target, rest.subarray(0, this.#fault.bytes));
      rest = rest.subarray(this.#fault.bytes);
      await runtime.sleep(this.#fault.everyMs, this.#closing.signal);
    }
    await write(target, rest);
  }
}

/** Shows received data to a listener first. */
async function* tapped(source: AsyncIterable<Buffer>, show: (piece: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    show(piece);
    yield piece;
  }
}

const write = (target: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    if (target.destroyed) reject(new Error('the other side is gone'));
    else target.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
