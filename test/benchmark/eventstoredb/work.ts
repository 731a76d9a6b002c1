// The work of both sides of a comparison: the same events to the same streams, the same loads, the same folds.
import { randomUUID } from 'node:crypto';
import { eventIdOf, streamName, type NewEvent, type StreamName } from '@mainstem/event-store';

import { foreignServer } from '../../fixtures/foreign-server.js';

/** In names of streams: on a server that holds other data they are this process's own. */
const RUN = foreignServer() === undefined ? '' : `${randomUUID().slice(0, 8)}.`;

export interface AppendPlan {
  readonly appends: number;
  readonly eventsPerAppend: number;
  /** Appends under way at the same time; each of these goes its own way through streams of its own. */
  readonly lanes: number;
}

export interface LoadPlan {
  readonly streams: number;
  readonly eventsPerStream: number;
  readonly loads: number;
}

export const ONE_BY_ONE: AppendPlan = { appends: 3_000, eventsPerAppend: 1, lanes: 1 };
export const BY_64: AppendPlan = { appends: 20_000, eventsPerAppend: 1, lanes: 64 };
export const BATCHES_OF_200: AppendPlan = { appends: 150, eventsPerAppend: 200, lanes: 1 };
export const BATCHES_OF_1000: AppendPlan = { appends: 40, eventsPerAppend: 1_000, lanes: 1 };
export const ENDS = { ownEvents: 20_000, looks: 3_000 } as const;
export const LOADS: LoadPlan = { streams: 500, eventsPerStream: 10, loads: 3_000 };

const APPENDS_PER_STREAM = 10;

export interface Step {
  readonly stream: StreamName;
  readonly events: readonly NewEvent[];
  /** Revision of the last event before, −1 for none. */
  readonly expected: number;
}

/** All steps of a lane, made before anything is measured. */
export const stepsOf = ({ appends, eventsPerAppend, lanes }: AppendPlan, lane: number): readonly Step[] => {
  const steps: Step[] = [];
  for (let index = lane; index < appends; index += lanes) {
    const place = Math.floor(index / lanes);
    const stream = streamName(`order-${RUN}${lane}.${Math.floor(place / APPENDS_PER_STREAM)}`);
    const expected = (place % APPENDS_PER_STREAM) * eventsPerAppend - 1;
    steps.push({ stream, expected, events: eventsOf(stream, `command ${index}`, eventsPerAppend) });
  }
  return steps;
};

export const loadedStream = (index: number): StreamName => streamName(`loaded-${RUN}${index}`);

/** For an append before the measured ones. */
export const warmStream = (): StreamName => streamName(`warm-${RUN}1`);

export const eventsOf = (stream: StreamName, commandId: string, count: number): readonly NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    id: eventIdOf(commandId, stream, index),
    type: 'OrderLineAdded',
    data: {
      line: index,
      sku: `SKU${index}`,
      description: 'WHITE HANGING HEART T-LIGHT HOLDER',
      quantity: 6,
      unitPrice: '2.55',
      country: 'United Kingdom',
    },
    metadata: { commandId, correlationId: commandId, causationId: commandId, occurredAt: '2010-12-01T08:26:00.000Z' },
  }));
