// Turns: commands that run side by side still append in the order in which they were sent.

/**
 * The right to append next. A command with a turn waits for `ready` before it enters its stream's lane. So a command in
 * a lane waits only for the store, and turns and lanes cannot wait for each other. The executor releases the turn as
 * soon as the store has the call.
 */
export interface AppendTurn {
  /** Resolves when every turn taken before this one has been released. */
  readonly ready: Promise<void>;
  /** Lets the next one append. More calls are harmless. The taker of a turn must release it, also without an append. */
  release(): void;
}

/** Gives out turns in order. Stores append in the order of the calls, so the events are in the order of the turns. */
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

/** Begins when its predecessor has ended; ends when it has begun and was released: early releases overtake no turn. */
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
    // A loop instead of recursion: many turns may have been released early.
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
