// Keeps turns in order where a store has two calls for appends: each kind has an order of its own.

export type AppendKind = 'append' | 'appendAll';

export class AppendKinds {
  readonly #underWay = { append: new Set<Promise<unknown>>(), appendAll: new Set<Promise<unknown>>() };

  /** Resolves when no call of the other kind is under way; undefined if there is none. */
  others(kind: AppendKind): Promise<unknown> | undefined {
    const others = this.#underWay[kind === 'append' ? 'appendAll' : 'append'];
    return others.size === 0 ? undefined : Promise.allSettled(others);
  }

  begun(kind: AppendKind, answer: Promise<unknown>): void {
    const own = this.#underWay[kind];
    own.add(answer);
    const end = (): void => void own.delete(answer);
    answer.then(end, end);
  }
}
