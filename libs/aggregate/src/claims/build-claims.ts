// Claims for values of events that are older than their rule, from the events alone.
import {
  isMainstemError,
  streamPrefixOf,
  type DomainEvent,
  type EventId,
  type EventReader,
  type EventWriter,
  type NewEvent,
  type Revision,
  type StreamName,
} from '@mainstem/event-store';
import type { Aggregate } from '../aggregate/aggregate.js';
import { CLAIM_CATEGORY } from '../aggregate/unique-rule.js';
import { claimFound, claimIn, claimReleased, type Claim } from './claim-stream.js';
import { heldAfter, NO_CLAIMS, type HeldClaim, type HeldClaims } from './held-claims.js';

/** One value that several aggregates have. */
export interface ClaimClash {
  readonly rule: string;
  readonly scope: string;
  /** Normalised; of a long one its beginning. */
  readonly value: string;
  /** In the order in which they took it. The first one gets the claim if no other one has it. */
  readonly holders: readonly StreamName[];
}

export interface BuiltClaims {
  /** Values that aggregates have. */
  readonly values: number;
  /** Claims that were missing, and were made now. */
  readonly taken: number;
  /** Claims that their holders no longer needed, and that were ended now. */
  readonly released: number;
  readonly clashes: readonly ClaimClash[];
}

export interface BuildClaimsOptions {
  readonly store: Pick<EventReader, 'readAll'> & Pick<EventWriter, 'append'>;
  readonly aggregates: readonly Pick<Aggregate<unknown, never, DomainEvent>, 'category' | 'events' | 'unique'>[];
  readonly signal?: AbortSignal;
}

interface Found {
  readonly claim: HeldClaim;
  readonly holders: StreamName[];
  /** The event by which the first of them took it. */
  readonly cause: Pick<NewEvent, 'id' | 'metadata'>;
}

/**
 * Takes the missing claims, and releases those whose holder no longer has the value. May be repeated, and may run while
 * commands are executed: it leaves alone what changes meanwhile. Holds every value of a unique rule in memory. Errors:
 * those of the store, EVENT_STORE_UNDECODABLE_EVENT, EVENT_STORE_NEWER_EVENT.
 */
export const buildClaims = async ({ store, aggregates, signal }: BuildClaimsOptions): Promise<BuiltClaims> => {
  const known = aggregates.filter(({ unique = [] }) => unique.length > 0);
  // First, so that a claim which is found here has its events below.
  const claims = await claimsIn(store, signal);
  const found = new Map<StreamName, Found>();
  for (const aggregate of known) await collect(store, aggregate, found, signal);
  let taken = 0;
  let released = 0;
  for (const [stream, { claim, holders, cause }] of found) {
    const [first] = holders;
    const before = claims.get(stream);
    if (!first || before?.holder !== undefined) continue;
    const place = { stream, head: before?.head ?? ('no-stream' as const), holder: first, cause };
    if (await isAppended(store, stream, claimFound(place, claim), place.head, signal)) taken++;
  }
  for (const [stream, { holder, head, state }] of claims) {
    const isKnown = known.some(({ category }) => holder?.startsWith(streamPrefixOf(category)));
    // A tentative one may be of an append that is under way.
    if (holder === undefined || !isKnown || state === 'tentative' || found.get(stream)?.holders.includes(holder)) continue;
    const cause = { id: stream as string as EventId, metadata: {} };
    if (await isAppended(store, stream, claimReleased({ stream, head, holder, cause }), head, signal)) released++;
  }
  return { values: found.size, taken, released, clashes: clashesIn(found) };
};

const claimsIn = async (store: BuildClaimsOptions['store'], signal?: AbortSignal): Promise<ReadonlyMap<StreamName, Claim>> => {
  const claims = new Map<StreamName, Claim>();
  for await (const batch of store.readAll(readOf(CLAIM_CATEGORY, signal))) for (const event of batch) claims.set(event.stream, claimIn(event));
  return claims;
};

/** Folds the values of all streams of a category. */
const collect = async (
  store: BuildClaimsOptions['store'],
  aggregate: BuildClaimsOptions['aggregates'][number],
  found: Map<StreamName, Found>,
  signal?: AbortSignal,
): Promise<void> => {
  const heldBy = new Map<StreamName, HeldClaims>();
  for await (const batch of store.readAll(readOf(aggregate.category, signal))) {
    for (const recorded of batch) {
      const { stream, id, metadata } = recorded;
      const before = heldBy.get(stream) ?? NO_CLAIMS;
      const after = heldAfter(aggregate, before, aggregate.events.decode(recorded));
      if (after === before) continue;
      heldBy.set(stream, after);
      for (const claim of before.values()) remove(found, claim.stream, stream);
      for (const claim of after.values()) add(found, claim, stream, { id, metadata });
    }
  }
};

const add = (found: Map<StreamName, Found>, claim: HeldClaim, holder: StreamName, cause: Found['cause']): void => {
  const known = found.get(claim.stream);
  if (known) known.holders.push(holder);
  else found.set(claim.stream, { claim, holders: [holder], cause });
};

const remove = (found: Map<StreamName, Found>, claimed: StreamName, holder: StreamName): void => {
  const holders = found.get(claimed)?.holders ?? [];
  holders.splice(holders.indexOf(holder), 1);
  if (holders.length === 0) found.delete(claimed);
};

const clashesIn = (found: ReadonlyMap<StreamName, Found>): readonly ClaimClash[] =>
  [...found.values()]
    .filter(({ holders }) => holders.length > 1)
    .map(({ claim: { rule, scope, value }, holders }) => ({ rule: rule.name, scope, value, holders: [...holders] }));

/** False: the stream has changed meanwhile. */
const isAppended = (
  store: BuildClaimsOptions['store'],
  stream: StreamName,
  event: NewEvent,
  expectedRevision: Revision | 'no-stream',
  signal: AbortSignal | undefined,
): Promise<boolean> =>
  store.append(stream, [event], { expectedRevision, ...(signal && { signal }) }).then(
    () => true,
    (error: unknown) => {
      if (isMainstemError(error, 'EVENT_STORE_WRONG_EXPECTED_REVISION')) return false;
      throw error;
    },
  );

const readOf = (category: string, signal: AbortSignal | undefined) => ({
  filter: { streamPrefixes: [streamPrefixOf(category)] },
  ...(signal && { signal }),
});
