// The port of a store for snapshots: bytes that spare reading a long stream from its beginning. They are never a second
// truth. Its owner checks all that it loads, and works without what is lost, late, damaged or foreign.
import type { Incarnation, StreamName } from './identifiers.js';

/** A stream of one event store. It has at most one snapshot. */
export interface SnapshotKey {
  /** Of the event store. */
  readonly incarnation: Incarnation;
  readonly stream: StreamName;
}

/** Bytes that never change under their id: snapshots of one stream share them. */
export interface SnapshotPart {
  /** 1 to 64 letters and digits. One id stands for the same bytes in all snapshots of its stream. */
  readonly id: string;
  /** At most 256 KiB. */
  readonly bytes: Uint8Array;
}

export interface StoredSnapshot {
  /** At most 4 MiB. */
  readonly head: Uint8Array;
  /** In the order of `save`. At most 4,096, each id once. */
  readonly parts: readonly SnapshotPart[];
}

/** Which snapshots `remove` removes. */
export interface SnapshotsOf {
  /** Default: those of every event store. */
  readonly incarnation?: Incarnation;
  /** Default: every stream. */
  readonly stream?: StreamName;
  /** A beginning of stream names; see `streamPrefixOf`. Default: every one. */
  readonly streamPrefix?: string;
}

/**
 * Several processes may use one store; the last one to save wins. Errors of all methods: those of the store's medium.
 * After an error it may work again: the caller asks it again later.
 */
export interface SnapshotStore {
  /** What was saved last, as a whole. Undefined if there is none. The caller owns the bytes, and may change them. */
  load(key: SnapshotKey): Promise<StoredSnapshot | undefined>;

  /**
   * Replaces the stream's snapshot, as a whole or not at all. Parts whose ids the store has are not written again;
   * those of before that are not named are removed. The bytes do not change until the promise settles. A power cut may
   * take the snapshot back or damage it.
   */
  save(key: SnapshotKey, snapshot: StoredSnapshot): Promise<void>;

  /** Removes snapshots, and returns how many. */
  remove(of?: SnapshotsOf): Promise<number>;

  /** Releases everything; more calls are harmless. After it the other methods reject. */
  close(): Promise<void>;
}
