// What clients may do with a few streams, at random: the commands of the property tests.
import fc from 'fast-check';
import type { Expected, Metadata } from './streams-model.js';

/** As far away from where the stream is, or one of the three that name no revision. */
export type Wish = number | Exclude<Expected, bigint>;
/** By BatchAppend in one message, by BatchAppend in many, by Append. */
export type Way = 'whole' | 'parts' | 'single call';
export type Place = number | 'start' | 'end';

export interface AppendCommand {
  readonly kind: 'append';
  readonly stream: number;
  readonly expected: Wish;
  /** Events by number: the same number is the same id. */
  readonly events: readonly number[];
  readonly way: Way;
}

export interface FollowCommand {
  readonly kind: 'follow';
  readonly filter: number;
  /** After this one of all events, modulo their number. */
  readonly after: number;
  readonly checkpointInterval: number;
  readonly maxSearchWindow: number;
}

export type StreamCommand =
  | AppendCommand
  /** Sent without waiting for each other. */
  | { readonly kind: 'burst'; readonly appends: readonly AppendCommand[] }
  /** One of the appends so far once more, exactly as it was. */
  | { readonly kind: 'repeat'; readonly append: number }
  | { readonly kind: 'delete' | 'tombstone'; readonly stream: number; readonly expected: Wish }
  | { readonly kind: 'describe'; readonly stream: number; readonly expected: Wish; readonly metadata: Metadata }
  | { readonly kind: 'pass time'; readonly seconds: number }
  | { readonly kind: 'restart' }
  | {
      readonly kind: 'read';
      readonly stream: number;
      readonly isOfMetadata: boolean;
      readonly from: Place;
      readonly isBackwards: boolean;
      readonly count: number;
    }
  | { readonly kind: 'read all'; readonly from: Place; readonly isBackwards: boolean; readonly count: number }
  | FollowCommand
  | { readonly kind: 'follow stream'; readonly stream: number; readonly after: Place };

export const STREAMS = 3;
/** Few, so that they meet again. */
const EVENTS = 16;
export const FILTERS = 6;

// One stream more often than the others, so that it comes to much in one run.
const stream = fc.constantFrom(0, 0, 0, 1, 1, 2);
const expected: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Wish>('any', 'no_stream', 'stream_exists') },
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: -5, max: 2 }) },
);
/** The client has no way to say that a stream to be deleted has to exist. */
const deletable = expected.map((wish) => (wish === 'stream_exists' ? 'any' : wish));
const place: fc.Arbitrary<Place> = fc.oneof({ weight: 1, arbitrary: fc.constantFrom<Place>('start', 'end') }, { weight: 3, arbitrary: fc.nat(25) });
const count = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(1_000));
const append: fc.Arbitrary<AppendCommand> = fc.record({
  kind: fc.constant('append' as const),
  stream,
  expected,
  events: fc.uniqueArray(fc.nat(EVENTS - 1), { maxLength: 5 }),
  way: fc.constantFrom<Way>('whole', 'whole', 'parts', 'single call'),
});
const limit = fc.integer({ min: 1, max: 9 });

const command: fc.Arbitrary<StreamCommand> = fc.oneof(
  { weight: 16, arbitrary: append },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      appends: fc.array(
        append.map((one) => ({ ...one, way: 'whole' as const })),
        { minLength: 2, maxLength: 6 },
      ),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('repeat' as const), append: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), stream, expected: deletable }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tombstone' as const), stream: fc.constantFrom(1, 2), expected: deletable }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('describe' as const),
      stream,
      expected: fc.oneof({ weight: 3, arbitrary: fc.constant<Wish>('any') }, { weight: 1, arbitrary: expected }),
      metadata: fc.record({ maxCount: limit, maxAge: limit, truncateBefore: limit }, { requiredKeys: [] }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass time' as const), seconds: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      stream,
      isOfMetadata: fc.constantFrom(false, false, false, true),
      from: place,
      isBackwards: fc.boolean(),
      count,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('read all' as const), from: place, isBackwards: fc.boolean(), count }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('follow' as const),
      filter: fc.nat(FILTERS - 1),
      after: fc.nat(60),
      checkpointInterval: fc.integer({ min: 1, max: 3 }),
      maxSearchWindow: fc.integer({ min: 1, max: 16 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('follow stream' as const), stream, after: place }) },
);

export const streamCommands = fc.array(command, { minLength: 1, maxLength: 60, size: 'max' });
