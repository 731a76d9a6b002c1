// What an aggregate declares about snapshots of its long streams.
import { fingerprintOf, hiddenProblem, isHidden, type EventRegistry, type JsonValue } from '@mainstem/event-store';
import { InvalidAggregate } from '../errors.js';
import type { UniqueRule } from './unique-rule.js';

/**
 * When a snapshot is taken, and how a state is written. A snapshot spares reading the stream from its beginning, and
 * changes nothing else. It counts only for the code that has taken it: for the same `evolve`, initial state, schema
 * versions, upcasters and rules of `unique`, by their text. Objects of the state come back as equal ones, not as the
 * same ones: rules must not compare them by `===`.
 */
export interface SnapshotRule<State> {
  /** A snapshot is taken each time that the stream has so many more events, from 1. */
  readonly every?: number;
  /** A snapshot is taken after a load of the stream that took longer than this, in milliseconds. */
  readonly afterLoadMs?: number;
  /** Raise it after a change that the text of the functions does not show: in what they call. Default 1. */
  readonly version?: number;
  /**
   * The state as JSON, for states that are not plain objects, lists, texts and numbers. `decode` must give back an
   * equal state, with its members in the same order: this is checked each time a snapshot is taken. Pure. Default: the
   * state as it is.
   */
  encode?(state: State): JsonValue;
  decode?(json: JsonValue): State;
}

/** An aggregate, as far as the fingerprint of its snapshots needs it. */
export interface SnapshotCode {
  readonly category: string;
  readonly events: EventRegistry;
  readonly initialState: unknown;
  readonly unique?: readonly UniqueRule<never>[] | undefined;
  readonly snapshot?: (Omit<SnapshotRule<never>, 'decode' | 'encode'> & { readonly encode?: unknown; readonly decode?: unknown }) | undefined;
  readonly evolve: unknown;
}

/** Errors: AGGREGATE_INVALID_DEFINITION. */
export const assertSnapshotRule = (code: SnapshotCode): void => {
  const { category, snapshot } = code;
  if (snapshot === undefined) return;
  const { every, afterLoadMs, version = 1, encode, decode } = snapshot;
  if (every === undefined && afterLoadMs === undefined) throw new InvalidAggregate(category, 'its snapshot needs every, or afterLoadMs');
  for (const [name, value] of Object.entries({ every, afterLoadMs, version })) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      throw new InvalidAggregate(category, `${name} of its snapshot must be a whole number from 1, got ${String(value)}`);
  }
  if ((encode === undefined) !== (decode === undefined))
    throw new InvalidAggregate(category, 'its snapshot needs both encode and decode, or neither');
  for (const [name, value] of functionsOf(code)) if (isHidden(value)) throw new InvalidAggregate(category, hiddenProblem(name));
};

/** Of the code that makes a state from events, and writes it. `initial`: the initial state as text. */
export const snapshotFingerprint = (code: SnapshotCode, initial: string): string => {
  const { category, events, initialState, unique = [], snapshot } = code;
  const lifting = events.types.map((type) => [type, events.liftingOf(type)]);
  const rules = unique.map(({ name, scope, of, normalise }) => [name, scope, of, normalise]);
  return fingerprintOf(category, snapshot?.version ?? 1, code.evolve, snapshot?.encode, snapshot?.decode, initialState, initial, lifting, rules);
};

const functionsOf = ({ evolve, events, unique = [], snapshot }: SnapshotCode): readonly (readonly [name: string, value: Function])[] => {
  const named: (readonly [string, unknown])[] = [
    ['evolve', evolve],
    ['encode of its snapshot', snapshot?.encode],
    ['decode of its snapshot', snapshot?.decode],
    ...unique.flatMap(({ name, of, normalise }) => [[`of of ${name}`, of] as const, [`normalise of ${name}`, normalise] as const]),
    ...events.types.flatMap((type) => events.liftingOf(type).upcasters.map((upcaster) => [`an upcaster of ${type}`, upcaster] as const)),
  ];
  return named.filter((entry): entry is readonly [string, Function] => typeof entry[1] === 'function');
};
