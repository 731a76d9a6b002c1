// The answers to the callers and the observer of a batch.
import { copyJson, type AppendResult, type DomainEvent, type Position, type Revision } from '@mainstem/event-store';
import type { CommandObservation } from './command-observer.js';
import type { CommandResult } from './command-result.js';
import type { FoldedStream } from '../folded/folded-stream.js';
import type { CommandPlace } from '../folded/known-commands.js';
import type { Batch, Joined } from './stream-calls.js';

/** Reports the commands that lead to events to their observers. */
export const observe = ({ joined, isObserved }: Batch, tell: (observation: CommandObservation, events: number) => void): void => {
  if (!isObserved) return;
  for (const { call, decisions } of joined) {
    call.commands.forEach(({ observed }, index) => {
      const events = decisions[index]?.newEvents.length ?? 0;
      if (observed && events > 0) tell(observed, events);
    });
  }
};

/** The answers of a call, in the order of its commands. Their events are copies: changes of them have no effect. */
export const answersOf = (
  { call, decisions }: Joined,
  { revision, position }: FoldedStream,
  places: readonly (CommandPlace | undefined)[] | undefined,
): readonly CommandResult[] => {
  const { stream, commands, repeats } = call;
  const answers: CommandResult[] = [];
  for (let index = 0; index < commands.length; index++) {
    const decision = decisions[index];
    const place = places?.[index];
    if (!decision) answers.push(repeats?.get(commands[index]?.context.commandId ?? '') as CommandResult);
    else if (!place) answers.push({ stream, events: [], nextRevision: revision, position, isRepeat: false });
    else answers.push({ stream, events: copiesOf(decision.newEvents), nextRevision: place.last, position: place.position, isRepeat: false });
  }
  return answers;
};

/**
 * The answers of a successful append, call by call. The folded stream keeps the places of its commands, which begin at
 * `start`. `isDense`: positions count events.
 */
export const answersOfAppend = (
  joined: readonly Joined[],
  folded: FoldedStream,
  appended: AppendResult,
  { start, isDense }: { readonly start: bigint; readonly isDense: boolean },
): readonly (readonly CommandResult[])[] => {
  const answers: (readonly CommandResult[])[] = [];
  let next = start;
  for (let at = 0; at < joined.length; at++) {
    const { call, decisions } = joined[at] as Joined;
    const places: (CommandPlace | undefined)[] = [];
    for (let index = 0; index < decisions.length; index++) {
      const count = decisions[index]?.newEvents.length ?? 0;
      const context = call.commands[index]?.context;
      const place = count === 0 || !context ? undefined : { ...placeOf(next, count, appended, isDense), fingerprint: context.fingerprint };
      places.push(place);
      if (!place || !context) continue;
      folded.commands.set(context.commandId, place);
      next = place.last + 1n;
    }
    answers.push(answersOf({ call, decisions }, folded, places));
  }
  return answers;
};

const placeOf = (first: bigint, count: number, { revision, position }: AppendResult, isDense: boolean): Omit<CommandPlace, 'fingerprint'> => {
  const last = (first + BigInt(count - 1)) as Revision;
  // Positions of one append are consecutive if they count events; otherwise the end of the append stands for all.
  const own = isDense && last !== revision ? ((position - (revision - last)) as Position) : position;
  return { first: first as Revision, last, position: own };
};

/** No getters: an object with its own getter gets a hidden class, which keeps the contents from young collections. */
const copiesOf = (newEvents: readonly DomainEvent[]): readonly DomainEvent[] => {
  const copies: DomainEvent[] = [];
  for (let index = 0; index < newEvents.length; index++) {
    const { type, data } = newEvents[index] as DomainEvent;
    copies.push({ type, data: copyJson(data) });
  }
  return copies;
};
