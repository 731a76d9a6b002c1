// What the callers and the observer of a batch are told.
import { copyJson, type DomainEvent } from '@mainstem/event-store';
import type { CommandObservation } from './command-observer.js';
import type { CommandResult } from './command-result.js';
import type { FoldedStream } from './folded-stream-cache.js';
import type { CommandPlace } from './known-commands.js';
import type { Batch, Joined } from './stream-calls.js';

/** Tells the observations of the commands that lead to events. */
export const observe = ({ joined, isObserved }: Batch, tell: (observation: CommandObservation, events: number) => void): void => {
  if (!isObserved) return;
  for (const { call, decisions } of joined) {
    call.commands.forEach(({ observed }, index) => {
      const events = decisions[index]?.newEvents.length ?? 0;
      if (observed && events > 0) tell(observed, events);
    });
  }
};

/** The answers of a call, in the order of its commands. Their events are copies: who changes them changes nothing else. */
export const answersOf = (
  { call, decisions }: Joined,
  { revision, position }: FoldedStream,
  places: readonly (CommandPlace | undefined)[] | undefined,
): readonly CommandResult[] =>
  call.commands.map(({ context }, index): CommandResult => {
    const decision = decisions[index];
    const { stream } = call;
    if (!decision) return call.repeats?.get(context.commandId) as CommandResult;
    const place = places?.[index];
    if (!place) return { stream, events: [], nextRevision: revision, position, isRepeat: false };
    // Not made by a getter when asked: each object with a getter of its own gets a hidden class of its own, which keeps all that the getter holds
    // from young collections.
    const events = decision.newEvents.map(({ type, data }): DomainEvent => ({ type, data: copyJson(data) }));
    return { stream, events, nextRevision: place.last, position: place.position, isRepeat: false };
  });
