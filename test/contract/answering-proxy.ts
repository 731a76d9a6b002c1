// An HTTP proxy that answers some requests itself, like a failing server or another proxy.
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** `cut`: the answer of the server ends in the middle. `silence`: there is none. */
export type ProxyAnswer = { readonly status: number; readonly text: string } | 'cut' | 'silence';

export class AnsweringProxy {
  /** Undefined: the server answers. */
  answer: (request: ProxiedRequest) => ProxyAnswer | undefined = () => undefined;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {}

  static async listen(target: string): Promise<AnsweringProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer((incoming, reply) => void proxy.#pass(incoming, reply));
    const proxy = new AnsweringProxy(server, { host: hostname, port: Number(port) });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  async #pass(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = await textOf(incoming);
    const own = this.answer({ method, path, body });
    if (own === 'silence') return;
    if (own !== undefined && own !== 'cut') {
      const type = own.text.startsWith('{') ? 'application/json' : 'text/html';
      return void reply.writeHead(own.status, { 'content-type': type }).end(own.text);
    }
    const outgoing = request({ ...this.target, agent: this.#agent, method, path, headers });
    outgoing.on('error', () => reply.destroy());
    outgoing.on('response', async (answer) => {
      const text = await textOf(answer);
      const { 'transfer-encoding': _, 'content-length': __, ...kept } = answer.headers;
      const head = { ...kept, 'content-length': Buffer.byteLength(text) };
      reply.writeHead(answer.statusCode ?? 500, head);
      if (own === undefined) return void reply.end(text);
      reply.write(text.slice(0, text.length >> 1), () => reply.destroy());
    });
    outgoing.end(body);
  }
}

const textOf = async (stream: IncomingMessage): Promise<string> => {
  let text = '';
  try {
    for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  } catch {
    // Cut off: the client notices.
  }
  return text;
};
