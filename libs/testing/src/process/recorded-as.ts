// Events of a scenario as if they had been read from an event store.
import assert from 'node:assert/strict';
import {
  streamName,
  streamPrefixOf,
  type EventId,
  type EventRegistry,
  type Position,
  type RecordedEvent,
  type Revision,
} from '@mainstem/event-store';
import type { HappenedEvent } from './process-input.js';

/** `index`: from 0, the place in the scenario. Errors: an assertion for what the registries do not have. */
export const recordedAs = <Registries extends readonly EventRegistry[]>(
  registries: Registries,
  { stream, type, data, metadata = {} }: HappenedEvent<Registries>,
  index: number,
  recordedAt: string,
): RecordedEvent => {
  const registry = registries.find((one) => one.has(type) && stream.startsWith(streamPrefixOf(one.category)));
  assert.ok(registry, `${type} of the stream ${stream} is of none of its event registries`);
  registry.validate({ type, data } as never);
  return {
    id: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}` as EventId,
    stream: streamName(stream),
    type,
    data,
    metadata,
    revision: BigInt(index) as Revision,
    position: BigInt(index + 1) as Position,
    recordedAt,
  };
};
