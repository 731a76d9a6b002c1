// An HTTP proxy before a search server that rewrites its answers, delays them, or cuts the line.
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SeededRandom } from '@mainstem/testing';

export interface SearchFault {
  /** Share of the items of bulk answers that come as refused: with one of these statuses, although the server has written them. */
  readonly refusedItems?: { readonly share: number; readonly statuses: readonly number[] };
  /** Share of requests that are answered 429 or 503 and never reach the server. */
  readonly busyShare?: number;
  readonly delayMs?: number;
  /** After so many requests that change something, every further one is cut off: half of the time before it reaches the server, half after. */
  readonly writesLeft?: number;
}

interface BulkAnswer {
  errors: boolean;
  items: { index: { _id: string; status: number; error?: object } }[];
}

const isWrite = ({ method, url = '' }: IncomingMessage): boolean => method === 'PUT' || url.includes('/_bulk') || url.includes('/_update');

export class SearchProxy {
  fault: SearchFault = {};
  /** Answers and items that were falsified. */
  falsified = 0;
  #writes = 0;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
    private readonly chance: SeededRandom,
  ) {}

  static async listen(target: string, chance: SeededRandom): Promise<SearchProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer((incoming, answer) => void proxy.#pass(incoming, answer));
    const proxy = new SearchProxy(server, { host: hostname, port: Number(port) }, chance);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  become(fault: SearchFault): void {
    this.fault = fault;
    this.#writes = 0;
  }

  /** Ends all connections of clients, whatever is under way on them. */
  reset(): void {
    this.server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await textOf(incoming);
    const { busyShare = 0, delayMs = 0, writesLeft } = this.fault;
    if (this.chance.next() < busyShare) {
      this.falsified++;
      answer.writeHead(this.chance.pick([429, 503]), { 'content-type': 'application/json' });
      return void answer.end('{"error":{"type":"rejected_execution_exception","reason":"by the test"}}');
    }
    const isCut = writesLeft !== undefined && (isWrite(incoming) ? ++this.#writes : this.#writes) > writesLeft;
    if (isCut && this.chance.next() < 0.5) return void answer.destroy();
    const outgoing = request({ ...this.target, agent: this.#agent, method: incoming.method, path: incoming.url, headers: incoming.headers });
    outgoing.on('error', () => answer.destroy());
    outgoing.on('response', async (reply) => {
      const text = await textOf(reply);
      if (isCut) return void answer.destroy();
      const told = incoming.url?.includes('/_bulk') ? this.#rewritten(text) : text;
      const { 'content-length': _, 'transfer-encoding': __, ...headers } = reply.headers;
      setTimeout(() => answer.writeHead(reply.statusCode ?? 500, headers).end(told), delayMs);
    });
    outgoing.end(body);
  }

  #rewritten(text: string): string {
    const { refusedItems } = this.fault;
    if (!refusedItems) return text;
    const answer = JSON.parse(text) as BulkAnswer;
    for (const { index } of answer.items) {
      if (this.chance.next() >= refusedItems.share) continue;
      index.status = this.chance.pick(refusedItems.statuses);
      index.error = { type: 'es_rejected_execution_exception', reason: 'by the test' };
      answer.errors = true;
      this.falsified++;
    }
    return JSON.stringify(answer);
  }
}

const textOf = async (stream: IncomingMessage): Promise<string> => {
  let text = '';
  try {
    for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  } catch {
    // cut off: whoever sent it notices by himself
  }
  return text;
};
