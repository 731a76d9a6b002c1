// Ids of recent writes, to recognise a retry without a revision. Bounded; lost with the process, as in EventStoreDB.

const IDS_MAX = 65_536;

interface Place {
  readonly stream: string;
  readonly revision: number;
}

export class RecentIds {
  readonly #places = new Map<string, Place>();

  /** Remembers an id with its first place in a stream; drops the oldest id when there are too many. */
  remember(id: string, stream: string, revision: number): void {
    const known = this.#places.get(id);
    this.#places.delete(id);
    this.#places.set(id, known?.stream === stream ? known : { stream, revision });
    if (this.#places.size <= IDS_MAX) return;
    const oldest = this.#places.keys().next();
    if (!oldest.done) this.#places.delete(oldest.value);
  }

  /** The revision at which the stream holds the id; undefined if the id is not remembered. */
  revisionOf(id: string, stream: string): number | undefined {
    const place = this.#places.get(id);
    return place?.stream === stream ? place.revision : undefined;
  }

  forget(): void {
    this.#places.clear();
  }
}
