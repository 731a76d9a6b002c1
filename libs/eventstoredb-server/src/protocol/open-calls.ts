// Calls that stay open for as long as their client likes: when the server stops, each is told, so that none is just torn down.

export class OpenCalls {
  readonly #ends = new Set<() => void>();
  #isStopping = false;

  /** `end` runs when the server stops, at once if it does already. Call what comes back when the call is over. */
  add(end: () => void): () => void {
    this.#ends.add(end);
    if (this.#isStopping) end();
    return () => void this.#ends.delete(end);
  }

  /** Later calls end at once. */
  stop(): void {
    this.#isStopping = true;
    for (const end of this.#ends) end();
  }
}
