// The end of the store: its newest event, also one of the server's own. A look reads one event only.
import type { EventId, Position, Runtime } from '@mainstem/event-store';
import { isSystemEvent } from './event-mapping.js';
import type { OpenRead } from './guarded-client.js';
import { askMarker } from './incarnation.js';
import { LookAllowance } from './look-allowance.js';
import { readFew } from './read-call.js';
import { positionOf } from './recorded-event.js';

/** A log with so few events, all of them the server's own, counts as empty: a new server begins with these. */
const EMPTY_EVENTS_MAX = 128;

export interface TailEvent {
  /** No event lies beyond it. */
  readonly position: Position;
  readonly id: EventId;
  /** True for an event of the server or its projections: such events may be removed. */
  readonly isSystem: boolean;
}

/** Undefined: the store holds only what a new server writes. */
type Tail = TailEvent | undefined;

interface Looks {
  current: Promise<Tail>;
  /** The next look begins when the current one ends, and serves all callers that came meanwhile. */
  next: Promise<Tail> | undefined;
}

export class StoreTail {
  readonly #looks = new WeakMap<OpenRead, Looks>();
  readonly #questions = new WeakMap<OpenRead, Promise<void>>();
  readonly #allowance: LookAllowance;
  #last: Tail;
  #isKnownToHoldEvents = false;

  constructor(runtime: Runtime) {
    this.#allowance = new LookAllowance(runtime);
  }

  /** True if a glance repeats the last look, because the newest event is large. */
  get isResting(): boolean {
    return this.#allowance.isUsedUp;
  }

  /**
   * For callers that look all the time: the current tail, or one from a few seconds ago if that look loaded a large
   * event. It always asks the server something. Errors: the client's.
   */
  async glance(openRead: OpenRead): Promise<Tail> {
    const looks = this.#looks.get(openRead);
    if (looks) return looks.current;
    if (!this.#allowance.isUsedUp) return this.look(openRead);
    await this.#ask(openRead);
    return this.#last;
  }

  /**
   * The tail at a moment after the call. Callers that ask at the same time share a look, because the newest event may
   * have a large payload: at most two looks run on a connection. Errors: the client's.
   */
  look(openRead: OpenRead): Promise<Tail> {
    const looks = this.#looks.get(openRead);
    if (looks?.next) return looks.next;
    if (!looks) {
      const current = this.#begin(openRead);
      return current;
    }
    const again = (): Promise<Tail> => this.#begin(openRead);
    return (looks.next = looks.current.then(again, again));
  }

  #begin(openRead: OpenRead): Promise<Tail> {
    const current = this.#read(openRead);
    const looks: Looks = { current, next: undefined };
    this.#looks.set(openRead, looks);
    const end = (): void => {
      if (this.#looks.get(openRead) === looks && !looks.next) this.#looks.delete(openRead);
    };
    current.then(end, end);
    return current;
  }

  #ask(openRead: OpenRead): Promise<void> {
    const question = this.#questions.get(openRead) ?? askMarker(openRead).finally(() => this.#questions.delete(openRead));
    this.#questions.set(openRead, question);
    return question;
  }

  async #read(openRead: OpenRead): Promise<Tail> {
    this.#last = await this.#newest(openRead);
    return this.#last;
  }

  async #newest(openRead: OpenRead): Promise<Tail> {
    const [newest] = await readFew(openRead, { from: 'end', isBackwards: true, count: 1 });
    if (!newest) return undefined;
    this.#allowance.use(newest.size);
    if (!this.#isKnownToHoldEvents) {
      const isEmpty = isSystemEvent(newest) && (await holdsNothing(openRead));
      if (isEmpty) return undefined;
      this.#isKnownToHoldEvents = true;
    }
    return { position: BigInt(positionOf(newest)) as Position, id: newest.id as EventId, isSystem: isSystemEvent(newest) };
  }
}

const holdsNothing = async (openRead: OpenRead): Promise<boolean> => {
  const events = await readFew(openRead, { from: 'start', count: EMPTY_EVENTS_MAX });
  return events.length < EMPTY_EVENTS_MAX && events.every(isSystemEvent);
};
