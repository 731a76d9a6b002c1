// The effects that wait for an attempt, by effect and in order of time, and those that were given up.
import { streamPrefixOf } from '@mainstem/event-store';
import { documentProjection, type DocumentProjection } from '@mainstem/projection';
import type { EffectEvent } from '../manager/effect-state.js';
import type { ProcessManager } from '../manager/process-manager.js';

export class PendingEffect {
  /** Begins with `due` or `given-up`, the effect and the time, so that keys of an effect are in order of time. */
  id!: string;
  process!: string;
  /** Of the instance. */
  key!: string;
  /** Its name. */
  effect!: string;
  /** `<step>#<number>`, unique in the instance. */
  request!: string;
  /** When its next attempt is due, or when it was given up: ISO 8601 in UTC. */
  at!: string;
  /** Why it was given up; empty for one that waits. */
  code!: string;
}

export const effectsName = (process: string): string => `${process}-effects`;

export const DUE = 'due ';
export const GIVEN_UP = 'given-up ';
/** Before all that is due of an effect; and behind it, where the next effect begins. */
export const dueOf = (effect: string): string => `${DUE}${effect} `;
export const behindDueOf = (effect: string): string => `${DUE}${effect}!`;

const isOfEffect = <Event extends { readonly type: string }>(event: Event): event is Extract<Event, { readonly type: EffectEvent['type'] }> =>
  event.type.startsWith('Effect');

/** Name of the collection, too. */
export const pendingEffectsOf = (
  { name, events }: Pick<ProcessManager, 'name' | 'events'>,
  document: new () => PendingEffect = PendingEffect,
): DocumentProjection => {
  const prefix = streamPrefixOf(name);
  type Moved = EffectEvent & { readonly stream: string };
  const placeOf = ({ stream, data: { request, effect } }: Moved, at: string): string => `${effect} ${at} ${stream} ${request}`;
  /** Where it stood before the event; undefined for a new one. */
  const placeBefore = (event: Moved): string | undefined => {
    const { was } = event.data;
    if (was === undefined) return undefined;
    const isGivenUp = event.type === 'EffectRequested' || ('wasGivenUp' in event.data && event.data.wasGivenUp === true);
    return (isGivenUp ? GIVEN_UP : DUE) + placeOf(event, was);
  };
  /** Where it stands after the event; undefined where nothing waits any more. */
  const placeAfter = (event: Moved): string | undefined => {
    if (!('at' in event.data)) return undefined;
    return (event.type === 'EffectGivenUp' ? GIVEN_UP : DUE) + placeOf(event, event.data.at);
  };
  const evolve = (_: unknown, event: Moved, id: string): PendingEffect | null => {
    if (id !== placeAfter(event)) return null;
    const { request, effect } = event.data;
    const at = 'at' in event.data ? event.data.at : '';
    const code = event.type === 'EffectGivenUp' ? event.data.code : '';
    return { id, process: prefix.slice(0, -1), key: event.stream.slice(prefix.length), effect, request, at, code };
  };
  return documentProjection({
    name: effectsName(name),
    version: 1,
    document,
    events: [events],
    key: (event) => {
      if (!isOfEffect(event)) return null;
      return [...new Set([placeBefore(event), placeAfter(event)].filter((one) => one !== undefined))];
    },
    evolve: {
      EffectRequested: evolve,
      EffectAttempted: evolve,
      EffectAttemptFailed: evolve,
      EffectInterrupted: evolve,
      EffectSucceeded: evolve,
      EffectSucceededLate: evolve,
      EffectFailed: evolve,
      EffectGivenUp: evolve,
      EffectDiscarded: evolve,
    },
  });
};
