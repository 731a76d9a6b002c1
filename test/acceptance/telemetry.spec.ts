// Metrics and traces of applications as processes: scraped over HTTP, sent to an OTLP receiver, and absent if they are
// off.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApplicationProcess, build } from './online-retail/application-process.js';

const READY_TIMEOUT_MS = 30_000;
const ARRIVAL_TIMEOUT_MS = 30_000;
/** From a traced client; the example of the specification. */
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: SentSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
  return body;
};
const attributesOf = ({ attributes }: Pick<SentSpan, 'attributes'>): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** Receives OTLP over HTTP, like a collector. */
class Receiver {
  readonly spans: (SentSpan & { readonly service: unknown })[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        for (const { resource, scopeSpans } of request.url === '/v1/traces' ? (JSON.parse(body) as Sent).resourceSpans : []) {
          const service = attributesOf(resource)['service.name'];
          for (const { spans } of scopeSpans) this.spans.push(...spans.map((span) => ({ ...span, service })));
        }
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async span(what: string, isIt: (span: SentSpan & { readonly service: unknown }) => boolean): Promise<SentSpan & { readonly service: unknown }> {
    await expect.poll(() => this.spans.some(isIt), { timeout: ARRIVAL_TIMEOUT_MS, message: what }).toBe(true);
    return this.spans.find(isIt) as SentSpan & { readonly service: unknown };
  }
}

let dir: string;
const started: ApplicationProcess[] = [];
const start = async (entry: string, env: NodeJS.ProcessEnv, args: readonly string[] = []): Promise<ApplicationProcess> => {
  const application = await ApplicationProcess.start(entry, ['--dir', dir, ...args], env);
  started.push(application);
  return application;
};
const place = async (commands: ApplicationProcess, orderNo: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> => {
  const lines = [{ sku: '71053', description: 'WHITE METAL LANTERN', quantity: 6, unitPrice: '3.39' }];
  const body = JSON.stringify({ orderNo, customerId: '17850', country: 'United Kingdom', lines });
  return fetch(`${commands.url}/api/orders`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body });
};
/** The event store server over the folder, and the setting by which applications find it. */
const servedEventStore = async (): Promise<NodeJS.ProcessEnv> => {
  const { output } = await start('apps/event-store/src/main.js', {}, ['--health-port', '0']);
  return { EVENT_STORE: /esdb:\/\/[^\s,]+/.exec(output)?.[0] };
};
const metricsOf = async ({ url }: ApplicationProcess): Promise<string> => (await fetch(`${url}/metrics`)).text();

beforeAll(build);
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-telemetry-'))));
afterEach(async () => {
  for (const application of started.splice(0).reverse()) await application.end('SIGTERM');
  await rm(dir, { recursive: true, force: true });
});

describe('traces', () => {
  const receiver = new Receiver();
  let endpoint: string;
  beforeAll(async () => void (endpoint = await receiver.listen()));
  afterAll(() => receiver.close());

  it.each([
    ['over the event store of the folder', () => Promise.resolve({})],
    ['over EventStoreDB’s protocol', servedEventStore],
  ])('lead from the request of a traced client to the batches of another process, and are sent before a process ends: %s', async (_, eventStore) => {
    receiver.spans.length = 0;
    const env = { ...(await eventStore()), OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '100' };
    const projector = await start('apps/sql-projector/src/main.js', env);
    const commands = await start('src/main.js', env);
    await projector.ready(READY_TIMEOUT_MS);
    expect((await place(commands, '1', { traceparent: TRACEPARENT })).status).toBe(201);

    const request = await receiver.span('the request', ({ name }) => name === 'POST /api/orders');
    expect(request).toMatchObject({ traceId: TRACE_ID, parentSpanId: '00f067aa0ba902b7', kind: 2, service: 'command-side' });
    expect(attributesOf(request)).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/api/orders',
      'url.path': '/api/orders',
      'http.response.status_code': 201,
    });
    const command = await receiver.span('the command', ({ name }) => name === 'execute PlaceOrder');
    expect(command).toMatchObject({ traceId: TRACE_ID, parentSpanId: request.spanId });
    expect(attributesOf(command)).toMatchObject({ 'mainstem.stream': 'order-1', 'mainstem.command.outcome': 'effect' });
    const append = await receiver.span('the append', ({ name }) => name === 'append order');
    expect(append).toMatchObject({ traceId: TRACE_ID, parentSpanId: command.spanId, kind: 4 });
    const batch = await receiver.span('a batch', ({ name, links }) => name === 'project order-lines' && links !== undefined && links.length > 0);
    expect(batch.service).toBe('sql-projector');
    expect(batch.links).toMatchObject([{ traceId: TRACE_ID, spanId: command.spanId }]);
    expect(batch.traceId).not.toBe(TRACE_ID);

    // Sent although no test waits for the next export.
    await place(commands, '2');
    await commands.end('SIGTERM');
    await receiver.span('the last command', (span) => attributesOf(span)['mainstem.stream'] === 'order-2');
    expect(receiver.spans.filter(({ name }) => name.includes('health'))).toEqual([]);
  });

  it('block nothing when their receiver is away, and let the process end in time', async () => {
    const commands = await start('src/main.js', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    expect((await place(commands, '1')).status).toBe(201);
    expect(await commands.end('SIGTERM')).toBeLessThan(5_000);
  });
});

describe('metrics', () => {
  it('cover commands, requests and the process', async () => {
    const commands = await start('src/main.js', { METRICS: 'on' });
    const key = { 'Idempotency-Key': 'once' };
    await place(commands, '1', key);
    await place(commands, '1', key);
    await place(commands, 'not a number: '.repeat(50));
    await fetch(`${commands.url}/nowhere/1`);
    const metrics = await metricsOf(commands);
    expect(metrics).toContain('mainstem_command_duration_seconds_count{command="PlaceOrder",outcome="effect"} 1');
    expect(metrics).toContain('mainstem_command_duration_seconds_count{command="PlaceOrder",outcome="repeat"} 1');
    expect(metrics).toContain('mainstem_command_duration_seconds_count{command="PlaceOrder",outcome="invalid"} 1');
    expect(metrics).toContain('mainstem_append_duration_seconds_count{outcome="appended"} 1');
    expect(metrics).toContain('mainstem_events_appended_total 2');
    expect(metrics).toContain(
      'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/api/orders",http_response_status_code="201"} 2',
    );
    expect(metrics).toContain('http_route="none",http_response_status_code="404"} 1');
    expect(metrics).toMatch(/^nodejs_eventloop_lag_seconds \d/m);
    expect(metrics).toMatch(/^process_cpu_user_seconds_total \d/m);
  });

  it('cover every projection', async () => {
    const commands = await start('src/main.js', {});
    const projector = await start('apps/sql-projector/src/main.js', { METRICS: 'on' });
    await projector.ready(READY_TIMEOUT_MS);
    await place(commands, '1');
    const of = (name: string): string => `mainstem_projection_${name}{projection="sales-documents",store="sql"`;
    await expect.poll(() => metricsOf(projector), { timeout: ARRIVAL_TIMEOUT_MS }).toContain(`${of('events_applied_total')}} 2`);
    const metrics = await metricsOf(projector);
    expect(metrics).toContain(`${of('position')}} 2`);
    expect(metrics).toContain(`${of('lag_events')}} 0`);
    expect(metrics).toContain(`${of('lag_seconds')}} 0`);
    expect(metrics).toContain(`${of('healthy')}} 1`);
    expect(metrics).toContain(`${of('parked_events')}} 0`);
    expect(metrics).toContain(`${of('state')},state="live"} 1`);
    expect(metrics).toContain(`${of('state')},state="stopped"} 0`);
    expect(metrics).toMatch(/mainstem_projection_batch_events_sum\{projection="sales-documents",store="sql"\} 2/);
    expect(metrics).toMatch(/mainstem_projection_write_duration_seconds_count\{projection="sales-documents",store="sql"\} [12]/);
    expect(metrics).toContain('mainstem_silent_loops 0');
  });

  it('cover the event store server, on the port of its health', async () => {
    const server = await start('apps/event-store/src/main.js', { METRICS: 'on' }, ['--health-port', '0']);
    expect(await metricsOf(server)).toMatch(/^process_cpu_user_seconds_total \d/m);
  });

  it.each([
    ['are absent unless they are switched on, together with their libraries', {}, 404, false],
    ['load their library if they are switched on', { METRICS: 'on' }, 200, true],
  ] as const)('%s', async (_, env, status, isLoaded) => {
    const loaded = join(dir, 'loaded');
    // V8 writes down every loaded script when a process ends.
    const commands = await start('src/main.js', { ...env, NODE_V8_COVERAGE: loaded });
    await place(commands, '1');
    expect((await fetch(`${commands.url}/metrics`)).status).toBe(status);
    await commands.end('SIGTERM');
    const scripts = (await Promise.all((await readdir(loaded)).map((file) => readFile(join(loaded, file), 'utf8')))).join('');
    expect(scripts).toContain('@nestjs/terminus');
    expect(scripts.includes('node_modules/prom-client/')).toBe(isLoaded);
    expect(scripts).not.toContain('@opentelemetry/sdk-trace');
    if (!isLoaded) expect(scripts).not.toContain('node_modules/@opentelemetry/');
  });
});
