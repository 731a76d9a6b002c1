// What an application reports to monitoring services. Off by default: then nothing of this is in the application.
import type { CommandObserver, SnapshotTold } from '@mainstem/aggregate';
import type { EventReader } from '@mainstem/event-store';
import type { Projector } from '@mainstem/projection';
import type { ProjectionObserver } from '@mainstem/projection/operate';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What Express stores on a request once it knows the route. */
export interface RoutedRequest extends IncomingMessage {
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly route?: { readonly path?: unknown };
}

export type HttpMiddleware = (request: RoutedRequest, response: ServerResponse, next: (error?: unknown) => void) => void;

export interface Telemetry {
  readonly commands?: CommandObserver | undefined;
  /** Told about each snapshot of a long stream. */
  readonly onSnapshot?: ((told: SnapshotTold) => void) | undefined;
  readonly projections?: ProjectionObserver | undefined;
  /** Before anything else handles a request. */
  readonly onRequest?: HttpMiddleware | undefined;
  /** After the body was read, which happens outside the context of the first one. */
  readonly afterBody?: HttpMiddleware | undefined;
  /** Figures that are collected on request. */
  follow?(projector: Pick<Projector, 'status' | 'troubles'>): void;
  /** As `follow`, of an event store. */
  followStore?(store: Pick<EventReader, 'figures'>): void;
  /** All figures, in the form for Prometheus. */
  exposition?(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Sends what is left, for a limited time. */
  close(): Promise<void>;
}

/** Combines several into one. */
export const joinedTelemetry = (parts: readonly Telemetry[]): Telemetry => ({
  commands: joinedCommands(parts.flatMap(({ commands }) => commands ?? [])),
  onSnapshot: (told) => parts.forEach((part) => part.onSnapshot?.(told)),
  projections: joinedProjections(parts.flatMap(({ projections }) => projections ?? [])),
  onRequest: parts.flatMap(({ onRequest }) => onRequest ?? []).reduce<HttpMiddleware | undefined>(inTurn, undefined),
  afterBody: parts.flatMap(({ afterBody }) => afterBody ?? []).reduce<HttpMiddleware | undefined>(inTurn, undefined),
  follow: (projector) => parts.forEach((part) => part.follow?.(projector)),
  followStore: (store) => parts.forEach((part) => part.followStore?.(store)),
  exposition: async () => {
    const part = parts.find(({ exposition }) => exposition);
    return (await part?.exposition?.()) ?? { contentType: 'text/plain', body: '' };
  },
  close: async () => void (await Promise.all(parts.map((part) => part.close()))),
});

const inTurn = (first: HttpMiddleware | undefined, second: HttpMiddleware): HttpMiddleware =>
  first
    ? (request, response, next) => first(request, response, (error) => (error === undefined ? second(request, response, next) : next(error)))
    : second;

const joinedCommands = (observers: readonly CommandObserver[]): CommandObserver | undefined => {
  if (observers.length < 2) return observers[0];
  return {
    executing: (command) => {
      const all = observers.map((observer) => observer.executing(command));
      return {
        traceparent: all.find(({ traceparent }) => traceparent !== undefined)?.traceparent,
        appending: (events) => all.forEach((one) => one.appending(events)),
        appended: (error) => all.forEach((one) => one.appended(error)),
        ended: (end) => all.forEach((one) => one.ended(end)),
      };
    },
  };
};

const joinedProjections = (observers: readonly ProjectionObserver[]): ProjectionObserver | undefined => {
  if (observers.length < 2) return observers[0];
  return {
    writing: (batch) => {
      const ends = observers.map((observer) => observer.writing(batch));
      return (end) => ends.forEach((ended) => ended(end));
    },
    retrying: (projection, store) => observers.forEach((observer) => observer.retrying(projection, store)),
  };
};
