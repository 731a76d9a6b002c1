// Appends events together with the claims on their unique values.
import {
  isMainstemError,
  Lanes,
  WrongExpectedRevision,
  type AppendResult,
  type DomainEvent,
  type EventId,
  type EventReader,
  type EventWriter,
  type NewEvent,
  type Revision,
  type Runtime,
  type StreamAppend,
  type StreamName,
} from '@mainstem/event-store';
import type { Aggregate } from '../aggregate/aggregate.js';
import { isAsynchronous } from '../aggregate/asynchronous.js';
import { UniqueValueTaken } from '../errors.js';
import { claimConfirmed, claimReleased, claimTaken, claimTried, NO_CLAIM, readClaim, type Claim, type ClaimPlace } from './claim-stream.js';
import { heldAfter, NO_CLAIMS, type ClaimChanges, type HeldClaim } from './held-claims.js';
import type { Rivals } from './rivals.js';

/** The limit of attempts when others keep changing the claims; after that the command is decided again. */
const ATTEMPTS_MAX = 10;
/**
 * How long a claim without its event stands, from the moment when another aggregate first wants the value. The time is
 * measured by the clock of that process, so clocks need not agree.
 */
export const CLAIM_EXPIRY_MS = 60_000;
/** After its claims an append begins within this time, or not at all. */
const APPEND_WITHIN_MS = CLAIM_EXPIRY_MS / 2;
/** The limit of tentative claims of others that this process remembers. */
const SEEN_MAX = 10_000;

export type ClaimStore = Pick<EventReader, 'readStream'> & Pick<EventWriter, 'append'> & Partial<Pick<EventWriter, 'hasAppendAll' | 'appendAll'>>;

/** An aggregate, as far as its unique values need it. */
export type Holder = Pick<Aggregate<unknown, never, DomainEvent>, 'category' | 'events' | 'unique'>;

export interface UniqueClaimsOptions {
  readonly store: ClaimStore;
  readonly runtime: Runtime;
  /** The aggregate that a stream belongs to; undefined if this program does not know it. */
  readonly holderOf: (stream: StreamName) => Holder | undefined;
}

/** An append that changes unique values, or begins a stream whose id is unique. */
export interface ClaimingAppend {
  readonly stream: StreamName;
  readonly events: readonly NewEvent[];
  readonly expected: Revision | 'no-stream';
  readonly changes: ClaimChanges;
  readonly rivals: Rivals | undefined;
}

export class UniqueClaims {
  readonly #store: ClaimStore;
  readonly #runtime: Runtime;
  readonly #holderOf: UniqueClaimsOptions['holderOf'];
  /** Ids that are looked for before an append, one at a time. */
  readonly #ids = new Lanes();
  /** Tentative claims of others, and when this process saw each for the first time. */
  readonly #seen = new Map<StreamName, { readonly head: Claim['head']; readonly atMs: number }>();

  constructor({ store, runtime, holderOf }: UniqueClaimsOptions) {
    this.#store = store;
    this.#runtime = runtime;
    this.#holderOf = holderOf;
  }

  /**
   * True: claims and events are one append. That begins within the call of `append`, unless a value is given up: its
   * claim is read first.
   */
  get isAtomic(): boolean {
    return this.#store.hasAppendAll === true && this.#store.appendAll !== undefined;
  }

  /**
   * Appends the events and changes the claims: in one append if the store can do that. Otherwise each value is claimed
   * before the append and confirmed after it. A claim that was abandoned in between counts for `CLAIM_EXPIRY_MS`; after
   * that the holder's events decide. Rivals are a condition of that one append; otherwise they are looked for before
   * it, which is exact within one process. Errors: UNIQUE_VALUE_TAKEN or the rule's own refusal; those of `append` and
   * `appendAll`. A refusal comes only while the stream has the expected revision.
   */
  append(append: ClaimingAppend, signal?: AbortSignal): Promise<AppendResult> {
    if (this.isAtomic) return this.#together(append, signal);
    const { rivals } = append;
    if (!rivals) return this.#inSteps(append, signal);
    return this.#ids.run(rivals.id, () => this.#afterRivals(append, rivals, signal), 'waiting for other aggregates with the same id', signal);
  }

  async #afterRivals(append: ClaimingAppend, rivals: Rivals, signal: AbortSignal | undefined): Promise<AppendResult> {
    for (const rival of rivals.streams) {
      for await (const [event] of this.#store.readStream(rival, { limit: 1, ...(signal && { signal }) })) {
        if (!event) continue;
        await this.#assertUnchanged(append, signal);
        throw rivals.refusal(rival);
      }
    }
    return this.#inSteps(append, signal);
  }

  async #together(append: ClaimingAppend, signal: AbortSignal | undefined): Promise<AppendResult> {
    const { stream, events, expected, changes, rivals } = append;
    const absent = (rivals?.streams ?? []).map((rival): StreamAppend => ({ stream: rival, events: [], expectedRevision: 'no-stream' }));
    const claims = new Map<StreamName, Claim>();
    for (const release of changes.releases) claims.set(release.stream, await readClaim(this.#store, release.stream, signal));
    for (let attempt = 1; ; attempt++) {
      const entries = [
        { stream, events, expectedRevision: expected },
        ...absent,
        ...changes.takes.map((take) => this.#takenWith(append, take, claims.get(take.stream) ?? NO_CLAIM)),
        ...changes.releases.flatMap((release) => this.#releasedWith(append, release, claims.get(release.stream) ?? NO_CLAIM)),
      ];
      try {
        const appended = await this.#store.appendAll?.(entries, signal && { signal });
        return appended?.results[0] as AppendResult;
      } catch (error) {
        const isOfClaim = isMainstemError(error, 'EVENT_STORE_WRONG_EXPECTED_REVISION') && (error as WrongExpectedRevision).stream !== stream;
        if (!isOfClaim || attempt >= ATTEMPTS_MAX) throw error;
        const claimed = (error as WrongExpectedRevision).stream as StreamName;
        if (rivals?.streams.includes(claimed)) throw rivals.refusal(claimed);
        const take = changes.takes.find((one) => one.stream === claimed);
        claims.set(claimed, take ? await this.#available(append, take, signal) : await readClaim(this.#store, claimed, signal));
      }
    }
  }

  #takenWith({ stream: holder, events }: ClaimingAppend, take: HeldClaim, claim: Claim): StreamAppend {
    const { stream } = take;
    // Also where it has a claim from before: `buildClaims` may be about to release that.
    return { stream, events: [claimTaken(placeOf(stream, holder, claim, events), take)], expectedRevision: claim.head };
  }

  /** Nothing where the value is not claimed, or by another one: that shows only where claims were never built. */
  #releasedWith({ stream: holder, events }: ClaimingAppend, { stream }: HeldClaim, claim: Claim): readonly StreamAppend[] {
    if (claim.holder !== holder) return [];
    return [{ stream, events: [claimReleased(placeOf(stream, holder, claim, events))], expectedRevision: claim.head }];
  }

  async #inSteps(append: ClaimingAppend, signal: AbortSignal | undefined): Promise<AppendResult> {
    const { stream, events, expected, changes } = append;
    const startedMs = this.#runtime.monotonic();
    // As they are before the append: after it, another process may have claimed a value anew for this very stream.
    const released: { readonly stream: StreamName; readonly claim: Claim }[] = [];
    for (const { stream: claimed } of changes.releases) released.push({ stream: claimed, claim: await readClaim(this.#store, claimed, signal) });
    const taken: { readonly take: HeldClaim; readonly claim: Claim }[] = [];
    for (const take of changes.takes) taken.push({ take, claim: await this.#claim(append, take, signal) });
    // One that was held up here for long may have lost its claims: it is decided again.
    if (this.#runtime.monotonic() - startedMs > APPEND_WITHIN_MS) throw new WrongExpectedRevision(stream, String(expected), null);
    const result = await this.#store.append(stream, events, { expectedRevision: expected, ...(signal && { signal }) });
    for (const { take, claim } of taken) await this.#settle(append, take.stream, claim, claimConfirmed);
    for (const { stream: claimed, claim } of released) if (claim.holder === stream) await this.#settle(append, claimed, claim, claimReleased);
    return result;
  }

  /** Puts a tentative claim there. Errors: as `append`. */
  async #claim(append: ClaimingAppend, take: HeldClaim, signal: AbortSignal | undefined): Promise<Claim> {
    let claim = NO_CLAIM;
    for (let attempt = 1; ; attempt++) {
      const event = claimTried(placeOf(take.stream, append.stream, claim, append.events), take, this.#runtime.uuid() as EventId);
      try {
        const { revision } = await this.#store.append(take.stream, [event], { expectedRevision: claim.head, ...(signal && { signal }) });
        return { head: revision, holder: append.stream, state: 'tentative' };
      } catch (error) {
        if (!isMainstemError(error, 'EVENT_STORE_WRONG_EXPECTED_REVISION') || attempt >= ATTEMPTS_MAX) throw error;
        claim = await this.#available(append, take, signal);
      }
    }
  }

  /** After the append. What fails here is found out from the holder's events when the value is wanted again. */
  async #settle(append: ClaimingAppend, stream: StreamName, claim: Claim, event: (place: ClaimPlace) => NewEvent): Promise<void> {
    const settled = event(placeOf(stream, append.stream, claim, append.events));
    await this.#store.append(stream, [settled], { expectedRevision: claim.head }).catch(ownErrors);
  }

  /**
   * The claim, if the append's stream may take it. Errors: the refusal; EVENT_STORE_WRONG_EXPECTED_REVISION after
   * others' appends.
   */
  async #available(append: ClaimingAppend, take: HeldClaim, signal: AbortSignal | undefined): Promise<Claim> {
    const claim = await readClaim(this.#store, take.stream, signal);
    const { holder } = claim;
    if (holder === undefined || holder === append.stream || !(await this.#stands(claim, holder, take.stream, signal))) return claim;
    await this.#assertUnchanged(append, signal);
    const { rule, value } = take;
    const own: unknown = rule.refusal?.(value, holder);
    throw !isAsynchronous(own) && own instanceof Error ? own : new UniqueValueTaken(rule.name, value);
  }

  /** Whether another stream's claim still counts. A certain one is released when its holder gives the value up. */
  async #stands(claim: Claim, stream: StreamName, claimed: StreamName, signal: AbortSignal | undefined): Promise<boolean> {
    if (claim.state === 'certain' || (claim.state === 'tentative' && !this.#isExpired(claimed, claim))) return true;
    const holder = this.#holderOf(stream);
    // Another program's aggregate: only that program can tell.
    if (!holder) return true;
    let held = NO_CLAIMS;
    for await (const batch of this.#store.readStream(stream, signal && { signal })) {
      for (const recorded of batch) held = heldAfter(holder, held, holder.events.decode(recorded));
    }
    return [...held.values()].some((one) => one.stream === claimed);
  }

  #isExpired(stream: StreamName, { head }: Claim): boolean {
    const now = this.#runtime.monotonic();
    const seen = this.#seen.get(stream);
    if (seen?.head === head) return now - seen.atMs > CLAIM_EXPIRY_MS;
    if (this.#seen.size >= SEEN_MAX) {
      const [oldest = stream] = this.#seen.keys();
      this.#seen.delete(oldest);
    }
    this.#seen.set(stream, { head, atMs: now });
    return false;
  }

  /** The command may have been executed already, by another process: then it is no refusal. */
  async #assertUnchanged({ stream, expected }: ClaimingAppend, signal: AbortSignal | undefined): Promise<void> {
    if (this.isAtomic) return;
    let last: Revision | undefined;
    for await (const [event] of this.#store.readStream(stream, { direction: 'backwards', limit: 1, ...(signal && { signal }) }))
      last = event?.revision;
    if ((last ?? 'no-stream') !== expected) throw new WrongExpectedRevision(stream, String(expected), last ?? null);
  }
}

const placeOf = (stream: StreamName, holder: StreamName, { head }: Claim, [cause]: readonly NewEvent[]): ClaimPlace => {
  if (!cause) throw new TypeError('an append has at least one event');
  return { stream, holder, head, cause };
};

const ownErrors = (error: unknown): undefined => {
  if (!isMainstemError(error)) throw error;
  return undefined;
};
