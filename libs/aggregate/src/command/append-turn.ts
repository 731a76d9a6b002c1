// Turns: commands that run side by side, and still append in the order in which they were sent.

/**
 * The right to append next. A command with a turn waits for `ready` before it enters its stream's lane, so that whoever is in a lane waits
 * for the store alone: turns and lanes cannot wait for each other. The executor releases right after the store has the call.
 */
export interface AppendTurn {
  /** Resolves when every turn taken before this one has been released. */
  readonly ready: Promise<void>;
  /** Lets the next one append. May be called again. Whoever took the turn releases it in the end, also when nothing was appended. */
  release(): void;
}

/** Hands out turns in order. Stores take appends in the order of the calls, so the events end up in the order of the turns. */
export class AppendTurns {
  #last: Turn | undefined;

  take(): AppendTurn {
    const turn = new Turn();
    if (this.#last) this.#last.precede(turn);
    else turn.begin();
    this.#last = turn;
    return turn;
  }
}

/** Begins when its predecessor has ended, and ends when it has begun and been released: early releases overtake nobody. */
class Turn implements AppendTurn {
  readonly ready: Promise<void>;
  #resolve: () => void = () => undefined;
  #next: Turn | undefined;
  #hasBegun = false;
  #isReleased = false;

  constructor() {
    this.ready = new Promise((resolve) => (this.#resolve = resolve));
  }

  precede(next: Turn): void {
    this.#next = next;
    if (this.#hasBegun && this.#isReleased) next.begin();
  }

  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#resolve();
    // A loop, not a call within a call: many turns may have been released before their time.
    for (let last: Turn = this.#self(); last.#isReleased && last.#next && !last.#next.#hasBegun; last = last.#next) {
      last.#next.#hasBegun = true;
      last.#next.#resolve();
    }
  }

  #self(): Turn {
    return this;
  }

  release(): void {
    this.#isReleased = true;
    if (this.#hasBegun) this.#next?.begin();
  }
}
