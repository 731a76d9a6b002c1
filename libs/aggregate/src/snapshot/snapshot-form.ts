// A snapshot as bytes, and back. Nothing in the bytes is trusted: they may be damaged, or of other code or another log.
import {
  encodeJson,
  type DomainEvent,
  type EventId,
  type JsonValue,
  type Position,
  type Revision,
  type SnapshotKey,
  type SnapshotPart,
  type StoredSnapshot,
  type StreamName,
} from '@mainstem/event-store';
import { hash } from 'node:crypto';
import { inspect, isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import type { Aggregate } from '../aggregate/aggregate.js';
import { snapshotFingerprint } from '../aggregate/snapshot-rule.js';
import type { HeldClaim, HeldClaims } from '../claims/held-claims.js';
import { StateNotStorable, StateTooLarge } from '../errors.js';
import type { FilterLayer } from '../folded/id-filter.js';
import type { CapturedCommands, CommandPlace } from '../folded/known-commands.js';
import { isInSameOrder } from './same-order.js';

export type SnapshottedAggregate = Aggregate<unknown, never, DomainEvent>;

/** A stream at one of its events, without anything that changes. */
export interface SnapshotContent {
  readonly state: unknown;
  /** Of the event, as are the next two. */
  readonly revision: Revision;
  readonly position: Position;
  readonly lastEventId: EventId;
  readonly commands: CapturedCommands;
  readonly held: HeldClaims;
}

/** What a store has, checked as far as that is possible without the stream. */
export interface ReadSnapshot extends SnapshotContent {
  /**
   * When the event was recorded. Ids of events follow from their commands: a log that was set back may have the same
   * event at the same place again, after others.
   */
  readonly recordedAt: string;
}

/** Raised with a change of these bytes, or of the filter's hashes. */
const FORMAT = 1;
/** The largest state as JSON, in UTF-16 units. */
export const STATE_LENGTH_MAX = 1_048_576;

interface Head {
  readonly format: number;
  readonly fingerprint: string;
  readonly incarnation: string;
  readonly stream: string;
  readonly revision: string;
  readonly position: string;
  readonly eventId: string;
  readonly recordedAt: string;
  readonly held: readonly (readonly [rule: string, value: string, stream: string])[];
  readonly places: readonly (readonly [id: string, first: string, last: string, position: string, fingerprint?: string])[];
  readonly layers: readonly (readonly [part: string, checksum: number, room: number])[];
  readonly state: JsonValue;
}

/** Writes and reads the snapshots of one aggregate. */
export class SnapshotForm {
  readonly #aggregate: SnapshottedAggregate;
  readonly #fingerprint: string;

  constructor(aggregate: SnapshottedAggregate) {
    this.#aggregate = aggregate;
    this.#fingerprint = snapshotFingerprint(aggregate, this.#initialText());
  }

  /** Errors: AGGREGATE_STATE_NOT_STORABLE, AGGREGATE_STATE_TOO_LARGE. */
  write(key: SnapshotKey, content: SnapshotContent, recordedAt: string): StoredSnapshot {
    const state = this.#stateText(content.state);
    const stored = content.commands.layers.map(storedOf);
    const { incarnation, stream } = key;
    const head: Omit<Head, 'state'> = {
      ...{ format: FORMAT, fingerprint: this.#fingerprint, incarnation, stream },
      ...{ revision: String(content.revision), position: String(content.position), eventId: content.lastEventId, recordedAt },
      held: [...content.held.values()].map(({ rule, value, stream: claim }) => [rule.name, value, claim] as const),
      places: content.commands.places.map(placeRow),
      layers: content.commands.layers.map(({ room }, index) => [stored[index]?.part.id ?? '', stored[index]?.checksum ?? 0, room] as const),
    };
    const body = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"state":${state}}`);
    const checksum = Buffer.alloc(CHECKSUM_BYTES);
    checksum.writeUInt32BE(crc32(body));
    return { head: Buffer.concat([checksum, body]), parts: stored.map(({ part }) => part) };
  }

  /** A text says in words why the snapshot cannot be used. */
  read(key: SnapshotKey, stored: StoredSnapshot): ReadSnapshot | string {
    try {
      return this.#read(key, stored);
    } catch (error) {
      return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #read({ incarnation, stream }: SnapshotKey, { head: bytes, parts }: StoredSnapshot): ReadSnapshot | string {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(CHECKSUM_BYTES);
    if (bytes.length <= CHECKSUM_BYTES || crc32(body) !== checksumIn(bytes)) return 'it is damaged';
    const head = JSON.parse(body.toString()) as Head;
    if (head.format !== FORMAT) return 'it has another format';
    if (head.fingerprint !== this.#fingerprint) return 'other code has taken it';
    if (head.incarnation !== incarnation || head.stream !== stream) return 'it is of another stream';
    const layers: FilterLayer[] = [];
    for (const [index, [id, checksum, room]] of head.layers.entries()) {
      const part = parts[index];
      if (part?.id !== id || crc32(part.bytes) !== checksum) return 'a part of it is damaged, or missing';
      const layer = { bits: part.bytes, room };
      if (room === 0) full.set(layer, { part, checksum });
      layers.push(layer);
    }
    return {
      ...{ state: this.#decoded(head.state), recordedAt: head.recordedAt, lastEventId: head.eventId as EventId },
      ...{ revision: BigInt(head.revision) as Revision, position: BigInt(head.position) as Position },
      commands: { places: head.places.map(placeIn), layers },
      held: new Map(head.held.map(([rule, value, claim]) => [rule, this.#heldClaim(rule, value, claim)])),
    };
  }

  #heldClaim(name: string, value: string, stream: string): HeldClaim {
    const { category, unique = [] } = this.#aggregate;
    const rule = unique.find((one) => one.name === name);
    if (!rule) throw new TypeError(`there is no rule ${name}`);
    return { rule, scope: rule.scope ?? category, value, stream: stream as StreamName };
  }

  #decoded(json: JsonValue): unknown {
    const { snapshot } = this.#aggregate;
    return snapshot?.decode ? snapshot.decode(json) : json;
  }

  /** Errors: AGGREGATE_STATE_NOT_STORABLE for a state that would not come back as it is, AGGREGATE_STATE_TOO_LARGE. */
  #stateText(state: unknown): string {
    const { category, snapshot } = this.#aggregate;
    let text: string;
    try {
      text = encodeJson(snapshot?.encode ? snapshot.encode(state) : state, 'state');
      if (text.length > STATE_LENGTH_MAX) throw new StateTooLarge(category, text.length, STATE_LENGTH_MAX);
      const decoded = this.#decoded(JSON.parse(text) as JsonValue);
      if (!isDeepStrictEqual(decoded, state))
        throw new TypeError('what JSON gives back is not equal to it; −0, undefined members, and instances of classes are lost');
      // JSON itself keeps the order.
      if (snapshot?.decode && !isInSameOrder(decoded, state)) throw new TypeError('decode gives members of it in another order');
    } catch (error) {
      throw error instanceof StateTooLarge ? error : new StateNotStorable(category, error);
    }
    return text;
  }

  /** The initial state often has the form of others; what has no JSON form is told apart by how Node shows it. */
  #initialText(): string {
    try {
      return this.#stateText(this.#aggregate.initialState);
    } catch {
      return inspect(this.#aggregate.initialState, { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity });
    }
  }
}

const CHECKSUM_BYTES = 4;

const checksumIn = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);

interface StoredLayer {
  readonly part: SnapshotPart;
  readonly checksum: number;
}

/** By the layer: a full one never changes. */
const full = new WeakMap<FilterLayer, StoredLayer>();

const storedOf = (layer: FilterLayer): StoredLayer => {
  const known = full.get(layer);
  if (known) return known;
  const { bits, room } = layer;
  const stored = { part: { id: hash('sha256', bits).slice(0, 32), bytes: bits }, checksum: crc32(bits) };
  if (room === 0) full.set(layer, stored);
  return stored;
};

const placeRow = ([id, { first, last, position, fingerprint }]: readonly [string, CommandPlace]): Head['places'][number] => {
  const row = [id, String(first), String(last), String(position)] as const;
  return fingerprint === undefined ? row : [...row, fingerprint];
};

const placeIn = ([id, first, last, position, fingerprint]: Head['places'][number]): readonly [string, CommandPlace] => {
  const place = { first: BigInt(first) as Revision, last: BigInt(last) as Revision, position: BigInt(position) as Position };
  return [id, fingerprint === undefined ? place : { ...place, fingerprint }];
};
