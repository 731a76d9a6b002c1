// Calls without an end of their own. When the server stops, each gets a proper end.

export class OpenCalls {
  readonly #ends = new Set<() => void>();
  #isStopping = false;

  /** `end` runs when the server stops, or at once if it is stopping. Call the result when the call is over. */
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
