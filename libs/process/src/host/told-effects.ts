// Effects that this process has told to their instances: they need not be told again.

/** More are forgotten, the oldest first, and are told once more, which changes nothing. */
const REMEMBERED_MAX = 10_000;

export class ToldEffects {
  readonly #commandIds = new Set<string>();

  add(commandId: string): void {
    this.#commandIds.add(commandId);
    if (this.#commandIds.size <= REMEMBERED_MAX) return;
    const [oldest = commandId] = this.#commandIds;
    this.#commandIds.delete(oldest);
  }

  has(commandId: string): boolean {
    return this.#commandIds.has(commandId);
  }
}
