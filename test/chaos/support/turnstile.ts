// An aggregate that records how many have passed: each event tells which one it is, as its state knew.
import { defineAggregate } from '@mainstem/aggregate';
import { defineEvents } from '@mainstem/event-store';
import { IsInt } from 'class-validator';

export class PassedData {
  @IsInt() number!: number;
  /** Of the events before it. */
  @IsInt() before!: number;
}

/** Streams that the commands are spread over. */
export const STREAMS = 3;

export const turnstile = defineAggregate({
  category: 'turnstile',
  events: defineEvents('turnstile', { Passed: PassedData }),
  initialState: { count: 0 },
  snapshot: { every: 20 },
  evolve: ({ count }: { readonly count: number }) => ({ count: count + 1 }),
  decide: ({ number }: { readonly number: number }, { count }) => [{ type: 'Passed' as const, data: { number, before: count } }],
});
