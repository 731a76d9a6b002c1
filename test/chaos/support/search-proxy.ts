// An HTTP proxy in front of a search server that changes its answers, delays them, or cuts the line.
import { Agent, createServer, request, type IncomingMessage, type OutgoingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SeededRandom } from '@mainstem/testing';

export interface SearchFault {
  /**
   * Share of the items of bulk requests reported as refused with one of these statuses: half were not sent, half were
   * written.
   */
  readonly refusedItems?: { readonly share: number; readonly statuses: readonly number[] };
  /** Share of requests that are answered 429 or 503 and never reach the server. */
  readonly busyShare?: number;
  readonly delayMs?: number;
  /** After this many changing requests every further one is cut off, half before and half after the server. */
  readonly writesLeft?: number;
}

interface BulkAnswer {
  errors: boolean;
  items: { index: { _id: string; status: number; error?: object } }[];
}

/** An operation of a bulk request. */
interface Operation {
  readonly id: string;
  readonly lines: string;
  readonly isSent: boolean;
  /** The answer that replaces the server's. */
  readonly told: number | undefined;
}

const isWrite = ({ method, url = '' }: IncomingMessage): boolean =>
  method === 'PUT' || method === 'DELETE' || ['/_bulk', '/_update', '/_aliases'].some((part) => url.includes(part));

export class SearchProxy {
  fault: SearchFault = {};
  /** Changed answers and items. */
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

  /** Ends all connections of clients, in any state. */
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
    const { busyShare = 0, delayMs = 0, writesLeft, refusedItems } = this.fault;
    if (this.chance.next() < busyShare) {
      this.falsified++;
      answer.writeHead(this.chance.pick([429, 503]), { 'content-type': 'application/json' });
      return void answer.end('{"error":{"type":"rejected_execution_exception","reason":"by the test"}}');
    }
    const isCut = writesLeft !== undefined && (isWrite(incoming) ? ++this.#writes : this.#writes) > writesLeft;
    if (isCut && this.chance.next() < 0.5) return void answer.destroy();
    const operations = refusedItems && incoming.url?.includes('/_bulk') ? this.#operationsOf(body, refusedItems) : undefined;
    const sent = operations?.filter(({ isSent }) => isSent).map(({ lines }) => lines) ?? [body];
    const headers = { ...incoming.headers, ...(operations && { 'content-length': Buffer.byteLength(sent.join('')) }) };
    if (sent.length === 0) return this.#reply(answer, 200, {}, this.#told('{"errors":false,"items":[]}', operations));
    const outgoing = request({ ...this.target, agent: this.#agent, method: incoming.method, path: incoming.url, headers });
    outgoing.on('error', () => answer.destroy());
    outgoing.on('response', async (reply) => {
      const text = await textOf(reply);
      if (isCut) return void answer.destroy();
      const { 'content-length': _, 'transfer-encoding': __, ...kept } = reply.headers;
      setTimeout(() => this.#reply(answer, reply.statusCode ?? 500, kept, this.#told(text, operations)), delayMs);
    });
    outgoing.end(sent.join(''));
  }

  #reply(answer: ServerResponse, status: number, headers: OutgoingHttpHeaders, text: string): void {
    answer.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  }

  #operationsOf(request: string, { share, statuses }: Required<SearchFault>['refusedItems']): readonly Operation[] {
    const lines = request.split('\n');
    return Array.from({ length: Math.floor(lines.length / 2) }, (_, index) => {
      const [action = '', document = ''] = lines.slice(2 * index, 2 * index + 2);
      const { _id: id } = (JSON.parse(action) as { readonly index: { readonly _id: string } }).index;
      const told = this.chance.next() < share ? this.chance.pick(statuses) : undefined;
      return { id, lines: `${action}\n${document}\n`, isSent: told === undefined || this.chance.next() < 0.5, told };
    });
  }

  /** The server's answer, with refusals in it. */
  #told(text: string, operations: readonly Operation[] | undefined): string {
    if (!operations) return text;
    const answered = JSON.parse(text) as BulkAnswer;
    const places = answered.items[Symbol.iterator]();
    const items = operations.map(({ id, isSent, told }) => {
      const { value } = isSent ? places.next() : { value: undefined };
      if (told === undefined) return value;
      this.falsified++;
      return { index: { _id: id, status: told, error: { type: 'es_rejected_execution_exception', reason: 'by the test' } } };
    });
    return JSON.stringify({ errors: answered.errors || operations.some(({ told }) => told !== undefined), items });
  }
}

const textOf = async (stream: IncomingMessage): Promise<string> => {
  let text = '';
  try {
    for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  } catch {
    // cut off: the client notices by itself
  }
  return text;
};
