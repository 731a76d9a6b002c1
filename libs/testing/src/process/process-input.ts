// What a scenario of a process consists of: events, outcomes of its commands and effects, time that passes.
import type { EventMetadata, EventOf, EventRegistry } from '@mainstem/event-store';

/** An event of another stream, of a registry that the process listens to. */
export type HappenedEvent<Registries extends readonly EventRegistry[]> = EventOf<Registries[number]> & {
  readonly stream: string;
  readonly metadata?: EventMetadata;
};

/** What came of the command that was sent last as this step. */
export interface Outcome {
  readonly kind: 'accepted' | 'declined' | 'late';
  readonly step: string;
  readonly refusal?: Refusal;
}

/** A `CommandRefused`, or what the process is told of one. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What came of the effect that was asked for last as this step. */
export interface EffectOutcome {
  readonly kind: 'succeeded' | 'failed';
  readonly step: string;
  readonly result?: object;
  readonly refusal?: Refusal;
}

/** The clock goes on; deadlines that are due by then come on the way, in order of time. */
export interface TimePassed {
  readonly kind: 'passed';
  readonly milliseconds: number;
}

export type ProcessInput<Registries extends readonly EventRegistry[]> = HappenedEvent<Registries> | Outcome | EffectOutcome | TimePassed;

/** The command took effect, or had nothing to change. */
export const accepted = (step: string): Outcome => ({ kind: 'accepted', step });

/** The aggregate refused the command. */
export const declined = (step: string, refusal: Refusal): Outcome => ({ kind: 'declined', step, refusal });

/** The command took effect after its refusal was told. */
export const late = (step: string): Outcome => ({ kind: 'late', step });

/** The effect has happened, with this result. */
export const succeeded = (step: string, result?: object): EffectOutcome => ({ kind: 'succeeded', step, ...(result && { result }) });

/** The receiver refused the effect, or its last attempt failed. */
export const failed = (step: string, refusal: Refusal): EffectOutcome => ({ kind: 'failed', step, refusal });

/** So much time passes. A whole number from 0. */
export const passed = (milliseconds: number): TimePassed => ({ kind: 'passed', milliseconds });
