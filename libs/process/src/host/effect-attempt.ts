// One attempt of an effect: performs it within its time, and says what came of it.
import { encodeJson, type Runtime } from '@mainstem/event-store';
import type { Effect } from '../action/effect.js';
import { instanceOf } from '../definition/instance-of.js';
import { EffectRefused, EffectTimedOut, InvalidEffect } from '../errors.js';
import type { Attempt, Performer } from './performer.js';

export type AttemptOutcome =
  | { readonly kind: 'succeeded'; readonly result?: object }
  /** `isFinal`: no attempt is to follow. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly isFinal: boolean }
  /** It has happened, and its result cannot be kept. */
  | { readonly kind: 'unkept'; readonly code: string; readonly message: string }
  /** The host stops. */
  | { readonly kind: 'interrupted' };

/** How long an attempt may take to end after its host has begun to stop. */
const STOP_MS = 500;
/** Of a recorded failure, in characters. */
const CODE_LENGTH_MAX = 100;
const MESSAGE_LENGTH_MAX = 500;

/**
 * Resolves at the latest `timeoutMs` after the call, or half a second after `stop` fires, whatever the function does. A
 * function that goes on after that is left alone. After `stop` has fired none is called. Errors: none.
 */
export const performed = async (
  { effect, perform }: Performer,
  stored: object,
  attempt: Omit<Attempt, 'signal'>,
  { runtime, stop }: { readonly runtime: Runtime; readonly stop: AbortSignal },
): Promise<AttemptOutcome> => {
  if (stop.aborted) return { kind: 'interrupted' };
  const abort = new AbortController();
  /** Ends the wait for the end of the time. */
  const over = new AbortController();
  const ended = new AbortController();
  const onStop = (): void => {
    abort.abort(stop.reason);
    over.abort();
  };
  stop.addEventListener('abort', onStop, { once: true });
  const late = async (): Promise<AttemptOutcome> => {
    await runtime.sleep(effect.policy.timeoutMs, over.signal);
    if (stop.aborted) await runtime.sleep(STOP_MS, ended.signal);
    if (stop.aborted || ended.signal.aborted) return { kind: 'interrupted' };
    const error = new EffectTimedOut(effect.name, effect.policy.timeoutMs);
    abort.abort(error);
    return failureOf(error);
  };
  const work = async (): Promise<unknown> => perform(instanceOf(effect.data, structuredClone(stored)) as never, { ...attempt, signal: abort.signal });
  try {
    return await Promise.race([outcomeOf(work, effect, stop), late()]);
  } finally {
    ended.abort();
    over.abort();
    stop.removeEventListener('abort', onStop);
  }
};

const outcomeOf = async (perform: () => Promise<unknown>, effect: Effect, stop: AbortSignal): Promise<AttemptOutcome> => {
  try {
    return { kind: 'succeeded', ...resultIn(effect, await perform()) };
  } catch (error) {
    if (error instanceof InvalidEffect) return { kind: 'unkept', ...describe(error) };
    const isFinal = isRefusal(error);
    return stop.aborted && !isFinal ? { kind: 'interrupted' } : failureOf(error, isFinal);
  }
};

/** Errors: PROCESS_INVALID_EFFECT for a result that cannot be kept. The effect has happened all the same. */
const resultIn = ({ name, result: declared }: Effect, given: unknown): { readonly result?: object } => {
  if (!declared) return {};
  if (given === null || typeof given !== 'object') throw new InvalidEffect(name, 'the result is no object');
  try {
    return { result: JSON.parse(encodeJson(given, 'result')) as object };
  } catch (error) {
    throw new InvalidEffect(name, (error as Error).message);
  }
};

const isRefusal = (error: unknown): error is EffectRefused => error instanceof Error && 'isEffectRefusal' in error && error.isEffectRefusal === true;

const failureOf = (error: unknown, isFinal = false): AttemptOutcome => ({ kind: 'failed', ...describe(error), isFinal });

/** A code, and words for people. Anything may be thrown. */
export const describe = (error: unknown): { readonly code: string; readonly message: string } => {
  const { code, name, message } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown; readonly message?: unknown };
  const given = [code, name].find((one) => typeof one === 'string' && one !== '') as string | undefined;
  return {
    code: (given ?? 'Error').slice(0, CODE_LENGTH_MAX).toWellFormed(),
    message: (typeof message === 'string' ? message : String(error)).slice(0, MESSAGE_LENGTH_MAX).toWellFormed(),
  };
};
