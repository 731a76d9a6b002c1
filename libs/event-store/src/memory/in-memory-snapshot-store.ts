// The snapshot store for unit tests, and for one process that reloads long streams: nothing survives its end.
import { SnapshotStoreClosed } from '../errors.js';
import type { SnapshotKey, SnapshotsOf, SnapshotStore, StoredSnapshot } from '../snapshot-store.js';

interface Kept {
  readonly key: SnapshotKey;
  readonly snapshot: StoredSnapshot;
}

/** Keeps the whole contract, in memory. Its memory is not bounded. */
export class InMemorySnapshotStore implements SnapshotStore {
  readonly #kept = new Map<string, Kept>();
  #isClosed = false;

  async load(key: SnapshotKey): Promise<StoredSnapshot | undefined> {
    this.#assertOpen();
    const kept = this.#kept.get(textOf(key));
    return kept && copyOf(kept.snapshot);
  }

  async save(key: SnapshotKey, snapshot: StoredSnapshot): Promise<void> {
    this.#assertOpen();
    const before = new Map(this.#kept.get(textOf(key))?.snapshot.parts.map((part) => [part.id, part]));
    const parts = snapshot.parts.map(({ id, bytes }) => before.get(id) ?? { id, bytes: Uint8Array.from(bytes) });
    this.#kept.set(textOf(key), { key, snapshot: { head: Uint8Array.from(snapshot.head), parts } });
  }

  async remove({ incarnation, stream, streamPrefix = '' }: SnapshotsOf = {}): Promise<number> {
    this.#assertOpen();
    const { size } = this.#kept;
    for (const [text, { key }] of this.#kept) {
      const isOf = (incarnation ?? key.incarnation) === key.incarnation && (stream ?? key.stream) === key.stream;
      if (isOf && key.stream.startsWith(streamPrefix)) this.#kept.delete(text);
    }
    return size - this.#kept.size;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#kept.clear();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new SnapshotStoreClosed();
  }
}

const textOf = ({ incarnation, stream }: SnapshotKey): string => `${incarnation} ${stream}`;

/** Not `slice`, which of a Buffer gives a view of the same memory. */
const copyOf = ({ head, parts }: StoredSnapshot): StoredSnapshot => ({
  head: Uint8Array.from(head),
  parts: parts.map(({ id, bytes }) => ({ id, bytes: Uint8Array.from(bytes) })),
});
