// Limits the number of runs at a time.

export interface WindowLimits {
  readonly runsMax: number;
  readonly eventsMax: number;
}

/** Keeps tasks within limits, and remembers the first failure. */
export class ImportWindow {
  #runs = 0;
  #events = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  /** @param onFailure called once, when the first task fails. */
  constructor(
    private readonly limits: WindowLimits,
    private readonly onFailure: () => void,
  ) {}

  /** Starts the task; resolves when there is room for the next one. Errors: that of the first task that failed. */
  async add(events: number, task: () => Promise<void>): Promise<void> {
    this.#runs++;
    this.#events += events;
    void task()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#runs--;
        this.#events -= events;
        this.#wake();
      });
    await this.#until(() => this.#runs < this.limits.runsMax && this.#events < this.limits.eventsMax);
    if (this.#failure) throw this.#failure.error;
  }

  /** Resolves when no task is running any more, whatever their outcome. */
  drain(): Promise<void> {
    return this.#until(() => this.#runs === 0);
  }

  /** The first task that failed. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  async #until(isMet: () => boolean): Promise<void> {
    while (!isMet()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.onFailure();
  }
}
