// Calls on one stream: they wait in its lane, in order of arrival; those that wait together are appended together.
import type { DomainEvent, PreparedEvent, Revision, StoreLimits, StreamName } from '@mainstem/event-store';
import type { Aggregate } from '../aggregate/aggregate.js';
import type { ClaimChanges, HeldClaims } from '../claims/held-claims.js';
import type { AppendTurn } from './append-turn.js';
import type { CommandResult } from './command-result.js';
import type { CommandUnderWay } from './command-under-way.js';
import type { Decision, GivenCommand } from './decision.js';
import type { CommandPlace } from '../folded/known-commands.js';

export type ErasedAggregate = Aggregate<unknown, unknown, DomainEvent>;

/**
 * One call of the executor: its commands take effect together or not at all. Without commands it only folds the stream.
 */
export interface Call {
  readonly aggregate: ErasedAggregate;
  readonly stream: StreamName;
  /** The key of the folded state: stream and aggregate. */
  readonly key: string;
  readonly commands: readonly GivenCommand<unknown>[];
  readonly underWay: CommandUnderWay;
  readonly turn: AppendTurn | undefined;
  /**
   * Answers of commands that had already taken effect, by id. Like `absent`, made on demand: most calls need neither.
   */
  repeats: Map<string, CommandResult> | undefined;
  /** Ids that the stream has no events of, up to a revision. */
  absent: Map<string, Revision> | undefined;
  /** The number of appends that met a conflict. */
  attempts: number;
  /** True if it may have spoiled an append for others: it is then appended alone. */
  isAlone: boolean;
  /** True if an append after its arrival proved that no other process was faster. */
  isProved: boolean;
}

/** What the answer to a call needs: fresh events, the answer of an earlier execution, a search for a forgotten id. */
export type Need =
  { readonly fresh: true } | { readonly repeat: CommandPlace; readonly id: string } | { readonly forgotten: string } | { readonly append: true };

export interface Lane {
  readonly stream: StreamName;
  readonly calls: Call[];
  /** Calls of the lane that are not settled, including those that are being appended. */
  pending: number;
  /** Other processes have appended: the missing events are read first. */
  mustRead: boolean;
}

/** The limit of one append for several calls; a larger call still goes through alone. */
const BATCH_EVENTS_MAX = 1_000;
const BATCH_SIZE_MAX = 1_048_576;

/** For uncounted data: bytes of a character, metadata of an event. */
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
  /** True if an observer watches one of them. */
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

  /** Guesses whether the store accepts them in one append; if not, they are appended call by call. */
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
   * True if the store may refuse it for its size. Payloads are counted in UTF-16 units, which is three bytes each at
   * most, plus some for other data.
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
