// The stream that stands for one value: its last event says who has the value.
import {
  eventIdOf,
  type DomainEvent,
  type EventId,
  type EventMetadata,
  type EventReader,
  type NewEvent,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from '@mainstem/event-store';
import type { HeldClaim } from './held-claims.js';

/** Who has a value, and how sure that is. */
export interface Claim {
  /** Where the stream ends. */
  readonly head: Revision | 'no-stream';
  /** Undefined: the value is free. */
  readonly holder: StreamName | undefined;
  /**
   * `certain`: written in one append with the holder's event. `confirmed`: written after it, also by `buildClaims`.
   * `tentative`: written before it.
   */
  readonly state: 'free' | 'certain' | 'confirmed' | 'tentative';
}

export const NO_CLAIM: Claim = { head: 'no-stream', holder: undefined, state: 'free' };

/**
 * Gives a claim event its id and metadata: the first event of the append that it belongs to. For `buildClaims`, the
 * event by which the holder took the value, or the claim itself where it is released.
 */
export type Cause = Pick<NewEvent, 'id' | 'metadata'>;

/** Who has a value now; `NO_CLAIM` if its stream is not there. Errors: those of the reader. */
export const readClaim = async (reader: Pick<EventReader, 'readStream'>, stream: StreamName, signal?: AbortSignal): Promise<Claim> => {
  for await (const [event] of reader.readStream(stream, { direction: 'backwards', limit: 1, ...(signal && { signal }) })) {
    if (event) return claimIn(event);
  }
  return NO_CLAIM;
};

/** What the last event of a claim's stream says. */
export const claimIn = ({ type, data, revision }: Pick<RecordedEvent, 'type' | 'data' | 'revision'>): Claim => {
  const { holder, isTentative } = data as { readonly holder: StreamName; readonly isTentative?: boolean };
  if (type === 'ClaimReleased') return { head: revision, holder: undefined, state: 'free' };
  if (type === 'ClaimConfirmed') return { head: revision, holder, state: 'confirmed' };
  return { head: revision, holder, state: isTentative === true ? 'tentative' : 'certain' };
};

/** A claim in one append with the holder's events. It names rule and scope but not the value, which may be personal. */
export const claimTaken = (at: ClaimPlace, { rule, scope }: Pick<HeldClaim, 'rule' | 'scope'>): NewEvent =>
  claimEvent(at, { type: 'ClaimTaken', data: { rule: rule.name, scope, holder: at.holder } });

/**
 * A claim before its append. With an id of its own: a command that is sent again must not find its claim of before,
 * which another aggregate may have taken over since.
 */
export const claimTried = (at: ClaimPlace, { rule, scope }: Pick<HeldClaim, 'rule' | 'scope'>, id: EventId): NewEvent => ({
  ...claimEvent(at, { type: 'ClaimTaken', data: { rule: rule.name, scope, holder: at.holder, isTentative: true } }),
  id,
});

/**
 * A claim for events that are there. Confirmed: its holder may give the value up before it is written, so the holder's
 * events decide whether it counts.
 */
export const claimFound = (at: ClaimPlace, { rule, scope }: Pick<HeldClaim, 'rule' | 'scope'>): NewEvent =>
  claimEvent(at, { type: 'ClaimConfirmed', data: { rule: rule.name, scope, holder: at.holder } });

/** For a tentative claim, after the append that it was made for. */
export const claimConfirmed = (at: ClaimPlace): NewEvent => claimEvent(at, { type: 'ClaimConfirmed', data: { holder: at.holder } });

/** The value is free from then on. */
export const claimReleased = (at: ClaimPlace): NewEvent => claimEvent(at, { type: 'ClaimReleased', data: { holder: at.holder } });

/** Where a claim event goes, and why. */
export interface ClaimPlace {
  readonly stream: StreamName;
  readonly head: Claim['head'];
  readonly holder: StreamName;
  readonly cause: Cause;
}

/** The same event at the same place for the same cause: a retry is recognised. */
const claimEvent = ({ stream, head, cause }: ClaimPlace, { type, data }: DomainEvent): NewEvent => ({
  id: eventIdOf(`${cause.id}\n${type}\n${head}`, stream, 0),
  type,
  data,
  metadata: metadataOf(cause.metadata),
});

const metadataOf = ({ commandId, correlationId, causationId }: EventMetadata): EventMetadata => ({
  ...(commandId !== undefined && { commandId }),
  ...(correlationId !== undefined && { correlationId }),
  ...(causationId !== undefined && { causationId }),
});
