// Who performs an effect: the application's own function, handed to the host.
import type { Effect } from '../action/effect.js';

/** One attempt of an effect. */
export interface Attempt {
  /**
   * A UUID, the same for all attempts of one request, on every host. The receiver has to know it again: an attempt
   * whose answer was lost is followed by another one.
   */
  readonly idempotencyKey: string;
  /** From 1; goes on after people have asked again. */
  readonly attempt: number;
  /** Fires at the end of the attempt's time, and when the host stops. */
  readonly signal: AbortSignal;
  /** Of the conversation that the request belongs to. */
  readonly correlationId: string;
}

/** An effect with the function that performs it. */
export interface Performer {
  readonly effect: Effect;
  readonly perform: (data: never, attempt: Attempt) => Promise<unknown>;
}

/**
 * `perform` resolves once the effect has happened, with the result to be recorded. `EffectRefused` ends the attempts;
 * any other error is followed by another one.
 */
export const performer = <Data extends object, Result>(
  effect: Effect<Data, Result>,
  perform: (data: Data, attempt: Attempt) => Promise<NoInfer<Result>>,
): Performer => ({ effect, perform });
