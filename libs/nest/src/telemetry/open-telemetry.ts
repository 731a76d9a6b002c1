// Traces for OpenTelemetry: request → command → events → batches of projections. Loaded only if an endpoint is set.
import type { CommandEnd, CommandObservation, CommandObserver } from '@mainstem/aggregate';
import { isMainstemError, traceparentOf, type RecordedEvent } from '@mainstem/event-store';
import type { ProjectionObserver } from '@mainstem/projection/operate';
import { Logger } from '@nestjs/common';
import {
  context,
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type DiagLogger,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { isWatching, methodOf, routeOf, NO_ROUTE } from './http-route.js';
import { metadataAttributes } from './metadata-attributes.js';
import type { HttpMiddleware, RoutedRequest, Telemetry } from './telemetry.js';

/** The longest time for sending the last spans when the application closes. */
const FLUSH_TIMEOUT_MS = 2_000;
/** The most commands that a batch's span links to; a catch-up batch holds thousands. */
const LINKS_MAX = 32;
/** The number of events whose metadata is read for that. */
const LINKED_EVENTS_MAX = 256;
const SCOPE = 'mainstem';
/** The interval between two reports of a missing collector. */
const TOLD_EVERY_MS = 60_000;

/** The environment gives endpoint, headers, sampling and OTEL_SERVICE_NAME, whose default is `serviceName`. */
export const openTelemetry = (serviceName: string): Telemetry => {
  diag.setLogger(seldom(new Logger('OpenTelemetry')), { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
  const named = defaultResource().merge(resourceFromAttributes({ 'service.name': serviceName }));
  const provider = new NodeTracerProvider({
    resource: named.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  const tracer = provider.getTracer(SCOPE);
  return {
    ...requestTraces(tracer),
    commands: commandTraces(tracer),
    projections: batchTraces(tracer),
    close: async () => {
      let timer: NodeJS.Timeout | undefined;
      const isLate = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_TIMEOUT_MS)));
      await Promise.race([provider.shutdown().catch((error: unknown) => diag.error(String(error))), isLate]);
      clearTimeout(timer);
      for (const api of [trace, context, propagation, diag]) api.disable();
    },
  };
};

const requestTraces = (tracer: Tracer): { readonly onRequest: HttpMiddleware; readonly afterBody: HttpMiddleware } => {
  const contexts = new WeakMap<RoutedRequest, Context>();
  return {
    onRequest: (request, response, next) => {
      if (isWatching(request)) return next();
      const method = methodOf(request);
      const span = tracer.startSpan(
        method,
        { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'url.scheme': 'http', 'url.path': pathOf(request) } },
        propagation.extract(ROOT_CONTEXT, request.headers),
      );
      contexts.set(request, trace.setSpan(ROOT_CONTEXT, span));
      response.once('close', () => endRequest(span, request, method, response.statusCode));
      next();
    },
    afterBody: (request, _, next) => {
      const own = contexts.get(request);
      if (own) context.with(own, next);
      else next();
    },
  };
};

const endRequest = (span: Span, request: RoutedRequest, method: string, status: number): void => {
  const route = routeOf(request);
  if (route !== NO_ROUTE) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status));
  span.end();
};

const pathOf = ({ originalUrl, url = '' }: RoutedRequest): string => (originalUrl ?? url).split('?', 1)[0] ?? '';

/** A span for each command, with a child span for each append. */
export const commandTraces = (tracer: Tracer): CommandObserver => ({
  executing: ({ command, category, id, commandId, metadata }): CommandObservation => {
    const attributes = { 'mainstem.command': command, 'mainstem.command.id': commandId, 'mainstem.stream': `${category}-${id}` };
    const span = tracer.startSpan(`execute ${command}`, { attributes: { ...attributes, ...metadataAttributes(metadata) } });
    const own = trace.setSpan(context.active(), span);
    let append: Span | undefined;
    return {
      traceparent: traceparent(span.spanContext()),
      appending: (events) => {
        append = tracer.startSpan(`append ${category}`, { kind: SpanKind.PRODUCER, attributes: { 'mainstem.events': events } }, own);
      },
      appended: (error) => {
        if (append && error !== undefined) fail(append, error);
        append?.end();
      },
      ended: ({ outcome, events, error }: CommandEnd) => {
        span.setAttributes({ 'mainstem.command.outcome': outcome, 'mainstem.events': events });
        // A refusal is an answer, not a failure.
        if (outcome === 'failed') fail(span, error);
        span.end();
      },
    };
  },
});

const batchTraces = (tracer: Tracer): ProjectionObserver => ({
  writing: ({ projection, store, events }) => {
    const attributes = { 'mainstem.projection': projection, 'mainstem.read_store': store, 'mainstem.batch.events': events.length };
    const span = tracer.startSpan(`project ${projection}`, { kind: SpanKind.CONSUMER, attributes, links: linksOf(events), root: true });
    return ({ eventsApplied, isCommitted, error }) => {
      span.setAttributes({ 'mainstem.batch.applied': eventsApplied, 'mainstem.batch.committed': isCommitted });
      if (error !== undefined) fail(span, error);
      span.end();
    };
  },
  retrying: () => undefined,
});

/** The commands of the newest events, for which clients may wait. */
const linksOf = (events: readonly RecordedEvent[]): Link[] => {
  const links = new Map<string, Link>();
  const last = Math.max(0, events.length - LINKED_EVENTS_MAX);
  for (let index = events.length - 1; index >= last && links.size < LINKS_MAX; index--) {
    const parent = parentOf(events[index] as RecordedEvent);
    const [, traceId = '', spanId = '', flags = ''] = parent?.split('-') ?? [];
    if (parent === undefined || links.has(spanId)) continue;
    links.set(spanId, { context: { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true } });
  }
  return [...links.values()];
};

/** The projection reports what cannot be decoded. */
const parentOf = (event: RecordedEvent): string | undefined => {
  try {
    return traceparentOf(event.metadata);
  } catch {
    return undefined;
  }
};

/** The context of an exported span; others would point nowhere. */
const traceparent = ({ traceId, spanId, traceFlags }: SpanContext): string | undefined =>
  (traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;

const fail = (span: Span, error: unknown): void => {
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
  span.setAttribute('error.type', isMainstemError(error) ? error.code : error instanceof Error ? error.name : typeof error);
};

/** Errors of the exporter, which come with every batch while its collector is away. */
const seldom = (logger: Logger): DiagLogger => {
  let toldAtMs = -Infinity;
  const error = (message: string): void => {
    if (performance.now() - toldAtMs < TOLD_EVERY_MS) return;
    toldAtMs = performance.now();
    logger.warn(`Traces are not sent: ${message}`);
  };
  const silent = (): void => undefined;
  return { error, warn: silent, info: silent, debug: silent, verbose: silent };
};
