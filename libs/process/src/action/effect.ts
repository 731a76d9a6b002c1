// Effects outside of the event store: what a reactor or a process manager may ask for, and how it is attempted.
import { violationsOfRules, type FieldViolation } from '@mainstem/event-store';
import { instanceOf } from '../definition/instance-of.js';
import { isName, NAME_RULE } from '../definition/names.js';
import { InvalidProcess } from '../errors.js';

/** How an effect is attempted. */
export interface EffectPolicy {
  /** After so many the effect has failed; 1 to 1,000, default 12. What stops with its host does not count. */
  readonly attemptsMax: number;
  /** Of one attempt; its signal fires then. 1 to 600,000, default 30,000. */
  readonly timeoutMs: number;
  /** The longest delay after the first failure, doubled by each further one, with full jitter. Default 5,000. */
  readonly retryDelayMs: number;
  /** Default one hour. */
  readonly retryDelayMaxMs: number;
  /** Attempts of one host at the same time, 1 to 1,000. Default 16. */
  readonly atOnceMax: number;
  /**
   * The circuit of each host opens after so many failed attempts in a row, default 5. While it is open no attempt
   * begins. A refusal by the receiver is no failure of this kind.
   */
  readonly circuitFailuresMax: number;
  /** How long the circuit stays open; then one attempt at a time shows whether it closes. Default 30,000. */
  readonly circuitPauseMs: number;
}

const DEFAULT_POLICY: EffectPolicy = {
  attemptsMax: 12,
  timeoutMs: 30_000,
  retryDelayMs: 5_000,
  retryDelayMaxMs: 3_600_000,
  atOnceMax: 16,
  circuitFailuresMax: 5,
  circuitPauseMs: 30_000,
};

const DAY_MS = 86_400_000;
const BOUNDS: Readonly<Record<keyof EffectPolicy, readonly [min: number, max: number]>> = {
  attemptsMax: [1, 1_000],
  timeoutMs: [1, 600_000],
  retryDelayMs: [0, DAY_MS],
  retryDelayMaxMs: [0, 30 * DAY_MS],
  atOnceMax: [1, 1_000],
  circuitFailuresMax: [1, 1_000_000],
  circuitPauseMs: [0, DAY_MS],
};

export interface EffectOptions<Data extends object, Result extends object> extends Partial<EffectPolicy> {
  /** Lower-case words with dashes, at most 30 characters. Requests are stored under it. */
  readonly name: string;
  /** What is asked for: a class whose fields carry their rules, which are checked when it is asked for. */
  readonly data: new () => Data;
  /** What the receiver answers: an object that is kept as JSON, unchecked. Without this class no result is kept. */
  readonly result?: new () => Result;
}

export interface Effect<Data extends object = object, Result = unknown> {
  readonly name: string;
  readonly data: new () => Data;
  readonly result: (new () => Result & object) | undefined;
  readonly policy: EffectPolicy;
}

/** Declares an effect; who performs it is given to the host. Errors: PROCESS_INVALID_DEFINITION. */
export const effect = <Data extends object, Result extends object = never>(
  options: EffectOptions<Data, Result>,
): Effect<Data, [Result] extends [never] ? unknown : Result> => {
  const { name, data, result, ...given } = options;
  if (!isName(name)) throw new InvalidProcess(String(name), `the name of an effect ${NAME_RULE}`);
  for (const [member, declared] of Object.entries({ data, result }))
    if (typeof declared !== 'function' && (member === 'data' || declared !== undefined))
      throw new InvalidProcess(name, `${member} of an effect must be a class`);
  const policy = { ...DEFAULT_POLICY, ...given };
  for (const [setting, [min, max]] of Object.entries(BOUNDS)) {
    const value = policy[setting as keyof EffectPolicy];
    if (!Number.isSafeInteger(value) || value < min || value > max)
      throw new InvalidProcess(name, `${setting} must be a whole number from ${min} to ${max}, got ${String(value)}`);
  }
  return { name, data, result, policy } as Effect<Data, [Result] extends [never] ? unknown : Result>;
};

/** The result of an effect as an instance of its class, in a rule for `succeeded`. */
export const resultOf = <Result extends object>(
  of: Effect<object, Result>,
  { effect: name, result }: { readonly effect: string; readonly result: unknown },
): Result => {
  if (name !== of.name) throw new TypeError(`resultOf was given ${of.name} for an outcome of ${name}; name the effect of the step`);
  return instanceOf(of.result as new () => Result, result);
};

/** What a request or a result breaks of the rules of its class. */
export const violationsOf = (value: object, declared: new () => object): readonly FieldViolation[] => violationsOfRules(value, declared);
