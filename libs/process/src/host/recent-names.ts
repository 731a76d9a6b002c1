// Names that a host remembers for a while.

/** More are forgotten, the oldest first. */
const REMEMBERED_MAX = 10_000;

export class RecentNames {
  readonly #names = new Set<string>();

  add(name: string): void {
    this.#names.add(name);
    if (this.#names.size <= REMEMBERED_MAX) return;
    const [oldest = name] = this.#names;
    this.#names.delete(oldest);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }
}
