// Projections of told events, the same on every store: documents with a roll-up, a counter, and one with poison events.
import { defineEvents, type RecordedEventOf } from '@mainstem/event-store';
import {
  count,
  documentProjection,
  max,
  min,
  rollUp,
  sum,
  type DocumentProjection,
  type HostedProjection,
  type ReadStore,
} from '@mainstem/projection';
import { IsInt, IsString } from 'class-validator';
import { Count, Mood, Pick, Tally } from './told-documents.js';

class ToldData {
  @IsInt() number!: number;
  @IsInt() index!: number;
  @IsString() text!: string;
  @IsInt() amount!: number;
}
export const toldEvents = defineEvents('told', { Noted: ToldData, Counted: ToldData, Measured: ToldData });
export type ToldEvent = RecordedEventOf<typeof toldEvents>;

/** The fault in the code that projections call. Fingerprints do not see it, like a bug in a library. */
export interface Trouble {
  readonly isPoison: (event: ToldEvent) => boolean;
  /** What the tallies take for an event's amount. */
  readonly amountOf: (event: ToldEvent) => number;
}
export const NO_TROUBLE: Trouble = { isPoison: () => false, amountOf: ({ data }) => data.amount };
/** Some streams have a poison event sooner or later; most never do. */
export const SOME_POISON: Trouble = { ...NO_TROUBLE, isPoison: ({ stream, data }) => stream.length === 'told-1'.length && data.number % 5 === 2 };

const refusePoison = (trouble: Trouble, event: ToldEvent): void => {
  if (trouble.isPoison(event)) throw new RangeError(`cannot take ${event.position}`);
};

/** A tally ends with some events, and begins anew. */
const isEnd = ({ type, data }: ToldEvent): boolean => type === 'Noted' && data.number % 11 === 3;

export const talliesOf = (trouble: Trouble = NO_TROUBLE, version = 1, name = 'tallies'): DocumentProjection => {
  const tallied = (before: Readonly<Tally> | null, event: ToldEvent): Tally | null => {
    refusePoison(trouble, event);
    if (isEnd(event)) return null;
    const amount = (before?.amount ?? 0) + trouble.amountOf(event);
    const types = { ...before?.types, [event.type]: (before?.types[event.type] ?? 0) + 1 };
    const mood = amount > 0 ? 'up' : amount < 0 ? 'down' : 'even';
    return { stream: event.stream, events: (before?.events ?? 0) + 1, amount, mood, last: event.data.text, types, version };
  };
  return documentProjection({
    name,
    version,
    document: Tally,
    events: [toldEvents],
    key: (event) => event.stream,
    evolve: { Noted: tallied, Counted: tallied, Measured: tallied },
    rollUps: [
      rollUp(Tally, {
        name: 'moods',
        document: Mood,
        keyField: 'mood',
        groupBy: (tally) => tally.mood,
        measures: {
          streams: count(),
          events: sum((tally) => tally.events),
          amountMax: max((tally) => tally.amount),
          firstStream: min((tally) => tally.stream),
        },
      }),
    ],
  });
};

const counted = (before: Readonly<Count> | null): Count => ({ key: 'all', events: (before?.events ?? 0) + 1 });

export const toldCountOf = (name: string): DocumentProjection =>
  documentProjection({
    name,
    version: 1,
    document: Count,
    events: [toldEvents],
    key: () => 'all',
    evolve: { Noted: counted, Counted: counted, Measured: counted },
  });

export const toldCount = toldCountOf('told-count');

export const picksOf = (trouble: Trouble): DocumentProjection => {
  const picked = (before: Readonly<Pick> | null, event: ToldEvent): Pick => {
    refusePoison(trouble, event);
    return { stream: event.stream, events: (before?.events ?? 0) + 1, amount: (before?.amount ?? 0) + event.data.amount };
  };
  return documentProjection({
    name: 'picks',
    version: 1,
    document: Pick,
    events: [toldEvents],
    key: (event) => event.stream,
    evolve: { Noted: picked, Counted: picked, Measured: picked },
  });
};

/** All three on one store; some events are poison for the last one, which parks them at once. */
export const toldProjectionsOn = (store: ReadStore): readonly HostedProjection[] => [
  { projection: talliesOf(), store },
  { projection: toldCount, store },
  { projection: picksOf(SOME_POISON), store, recovery: { onFailure: 'park', attemptsMax: 1, retryDelayMs: 1, retryDelayMaxMs: 1 } },
];
