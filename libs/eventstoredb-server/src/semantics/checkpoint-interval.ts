// When a filtered subscription learns how far the server has looked, so that it can resume there without a match.

/** Counts considered events, whether they matched or not. */
export class CheckpointInterval {
  #considered = 0;

  /** A checkpoint is due every `interval` considered events. */
  constructor(readonly interval: number) {}

  /** True if these events make a checkpoint due. The surplus counts for the next one. */
  isDueAfter(considered: number): boolean {
    this.#considered += considered;
    if (this.#considered < this.interval) return false;
    this.#considered %= this.interval;
    return true;
  }
}
