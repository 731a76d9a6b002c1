// Calls on one stream: they wait in its lane, in order of arrival, and those that wait together are appended together.
import type { DomainEvent, PreparedEvent, Revision, StoreLimits, StreamName } from '@mainstem/event-store';
import type { Aggregate } from '../aggregate/aggregate.js';
import type { ClaimChanges, HeldClaims } from '../claims/held-claims.js';
import type { AppendTurn } from './append-turn.js';
import type { CommandResult } from './command-result.js';
import type { CommandUnderWay } from './command-under-way.js';
import type { Decision, GivenCommand } from './decision.js';
import type { CommandPlace } from './known-commands.js';

export type ErasedAggregate = Aggregate<unknown, unknown, DomainEvent>;

/** One call of the executor: its commands take effect together or not at all. Without commands it only has the stream folded. */
export interface Call {
  readonly aggregate: ErasedAggregate;
  readonly stream: StreamName;
  /** Of the folded state: stream and aggregate. */
  readonly key: string;
  readonly commands: readonly GivenCommand<unknown>[];
  readonly underWay: CommandUnderWay;
  readonly turn: AppendTurn | undefined;
  /** Answers of commands that had taken effect before, by id. Made when there is one, as `absent` is: most calls need neither. */
  repeats: Map<string, CommandResult> | undefined;
  /** Ids of which the stream itself has shown that it has no events of them, up to a revision. */
  absent: Map<string, Revision> | undefined;
  /** Appends that met a conflict. */
  attempts: number;
  /** It may have spoiled an append for others: appended by itself. */
  isAlone: boolean;
  /** An append after its arrival has proved that no other process was faster. */
  isProved: boolean;
}

/** What a call needs before it can be answered: fresh events, the answer of an earlier execution, a look for a forgotten id. */
export type Need =
  { readonly fresh: true } | { readonly repeat: CommandPlace; readonly id: string } | { readonly forgotten: string } | { readonly append: true };

export interface Lane {
  readonly stream: StreamName;
  readonly calls: Call[];
  /** Calls of the lane that are not settled, also those that are being appended. */
  pending: number;
  /** Other processes have appended: the missing events are read first. */
  mustRead: boolean;
}

/** Most of what one append takes of several calls; a larger one still goes through by itself. */
const BATCH_EVENTS_MAX = 1_000;
const BATCH_SIZE_MAX = 1_048_576;

/** What is not counted: bytes of a character, metadata of an event. */
const UNCOUNTED_FACTOR = 8;
const EVENT_BYTES_BESIDE = 1_024;

export interface Joined {
  readonly call: Call;
  /** By command; a repeat has none. */
  readonly decisions: readonly (Decision<unknown> | undefined)[];
}

/** Decided calls on their way to one append. */
export class Batch {
  readonly joined: Joined[] = [];
  /** Of `joined`. */
  readonly calls: Call[] = [];
  readonly newEvents: PreparedEvent[] = [];
  /** Whether an observer wants to know of one of them. */
  isObserved = false;
  #ids: Set<string> | undefined;
  #size = 0;

  /** The unique values that change with it; such a call is appended by itself. */
  changes: ClaimChanges | undefined;

  constructor(
    public state: unknown,
    public held: HeldClaims,
    private readonly limits: StoreLimits,
  ) {}

  get isEmpty(): boolean {
    return this.joined.length === 0;
  }

  hasRoomFor(call: Call): boolean {
    if (this.isEmpty) return true;
    if (this.changes) return false;
    const isOpen = this.newEvents.length < BATCH_EVENTS_MAX && this.#size < BATCH_SIZE_MAX;
    return isOpen && !call.isAlone && this.joined[0]?.call.isAlone === false;
  }

  /** Whether the store takes them in one append with what is here. A guess: what does not fit after all is appended call by call. */
  fits(decisions: readonly (Decision<unknown> | undefined)[]): boolean {
    if (this.isEmpty) return true;
    let events = this.newEvents.length;
    let size = this.#size;
    for (const decision of decisions) {
      events += decision?.newEvents.length ?? 0;
      size += decision?.size ?? 0;
    }
    return events <= this.limits.appendEventsMax && size <= this.limits.appendBytesMax;
  }

  /**
   * Whether it may be refused for its size. Sizes are counted in UTF-16 units of payloads alone: three bytes each, and at the worst some more for
   * what stands beside.
   */
  get mayBeTooLarge(): boolean {
    const { appendBytesMax, eventBytesMax, appendEventsMax } = this.limits;
    const isFar = UNCOUNTED_FACTOR * this.#size < Math.min(appendBytesMax, eventBytesMax);
    return !isFar || this.newEvents.length * EVENT_BYTES_BESIDE > appendBytesMax || this.newEvents.length > appendEventsMax;
  }

  /** True if a command of the batch has this id. */
  has(commandId: string): boolean {
    if (this.isEmpty) return false;
    this.#ids ??= new Set(this.joined.flatMap(({ call }) => call.commands.map(({ context }) => context.commandId)));
    return this.#ids.has(commandId);
  }

  join(call: Call, decisions: readonly (Decision<unknown> | undefined)[], state: unknown): void {
    this.joined.push({ call, decisions });
    this.calls.push(call);
    this.state = state;
    for (let index = 0; index < decisions.length; index++) {
      const given = call.commands[index];
      if (given?.observed) this.isObserved = true;
      if (given) this.#ids?.add(given.context.commandId);
      const decision = decisions[index];
      if (!decision) continue;
      for (let at = 0; at < decision.newEvents.length; at++) this.newEvents.push(decision.newEvents[at] as PreparedEvent);
      this.#size += decision.size;
    }
  }
}

/** Whether an id stands for a command with another content than the one that is stored. */
export const isOther = (fingerprint: string | undefined, place: CommandPlace): boolean =>
  fingerprint !== undefined && place.fingerprint !== undefined && fingerprint !== place.fingerprint;
