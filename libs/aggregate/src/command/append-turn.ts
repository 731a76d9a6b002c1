// Turns: commands that run side by side, and still append in the order in which they were sent.

/** The right to append next. The executor waits for `ready` right before it appends, and releases right after the store has the call. */
export interface AppendTurn {
  /** Resolves when every turn taken before this one has been released. */
  readonly ready: Promise<void>;
  /** Lets the next one append. May be called again. Whoever took the turn releases it in the end, also when nothing was appended. */
  release(): void;
}

/** Hands out turns in order. Stores take appends in the order of the calls, so the events end up in the order of the turns. */
export class AppendTurns {
  #last: Promise<void> = Promise.resolve();

  take(): AppendTurn {
    const ready = this.#last;
    let open = (): void => undefined;
    const released = new Promise<void>((resolve) => (open = resolve));
    // A turn given back before its time does not let its successor overtake its predecessors.
    this.#last = ready.then(() => released);
    return { ready, release: open };
  }
}
