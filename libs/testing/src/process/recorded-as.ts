// Events of a scenario as if they had been read from an event store.
import assert from 'node:assert/strict';
import { streamPrefixOf, type EventRegistry, type RecordedEvent } from '@mainstem/event-store';
import { recordedEvent } from '../recorded-event.js';
import type { HappenedEvent } from './process-input.js';

/** `index`: from 0, the place in the scenario. Errors: an assertion for what the registries do not have. */
export const recordedAs = <Registries extends readonly EventRegistry[]>(
  registries: Registries,
  event: HappenedEvent<Registries>,
  index: number,
  recordedAt: string,
): RecordedEvent => {
  const { stream, type, data } = event;
  const registry = registries.find((one) => one.has(type) && stream.startsWith(streamPrefixOf(one.category)));
  assert.ok(registry, `${type} of the stream ${stream} is of none of its event registries`);
  registry.validate({ type, data } as never);
  return recordedEvent(event, { index, recordedAt });
};
