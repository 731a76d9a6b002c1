// From decided events to events on their way into the store: validated, with ids and metadata.
import {
  eventIdOf,
  isTraceparent,
  type DomainEvent,
  type EventMetadata,
  type EventRegistry,
  type NewEvent,
  type StreamName,
} from '@mainstem/event-store';
import type { CommandContext } from './command-context.js';

/**
 * Validates the payloads and gives every event its id, derived from command, stream and index so that a repeat makes the same ones.
 * Errors: EVENT_STORE_INVALID_EVENT.
 */
export const newEventsOf = (
  registry: EventRegistry,
  stream: StreamName,
  events: readonly DomainEvent[],
  context: CommandContext,
  traceparent?: string,
): readonly NewEvent[] =>
  events.map((event, index) => {
    registry.validate(event);
    return {
      id: eventIdOf(context.commandId, stream, index),
      type: event.type,
      data: event.data,
      metadata: traced(metadataOf(registry, event, index, context), traceparent),
    };
  });

const traced = (metadata: EventMetadata, traceparent: string | undefined): EventMetadata =>
  isTraceparent(traceparent) ? { ...metadata, traceparent } : metadata;

const metadataOf = (registry: EventRegistry, event: DomainEvent, index: number, context: CommandContext): EventMetadata => {
  const { commandId, correlationId = commandId, causationId = commandId } = context;
  const schemaVersion = registry.schemaVersion(event.type);
  const occurredAt = typeof context.occurredAt === 'function' ? context.occurredAt(index) : context.occurredAt;
  return {
    commandId,
    correlationId,
    causationId,
    ...(schemaVersion > 1 && { schemaVersion }),
    ...(occurredAt !== undefined && { occurredAt }),
  };
};
