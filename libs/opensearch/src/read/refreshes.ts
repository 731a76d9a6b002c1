// Makes writes visible to queries, once for all callers at the same time.
import type { OpenSearchConnection } from '../server/opensearch-connection.js';

export class Refreshes {
  /** By alias: the running refresh, and the one that begins after it. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(private readonly connection: OpenSearchConnection) {}

  /** Resolves after a refresh that began after this call: a running one may have missed the latest write. */
  refresh(alias: string): Promise<void> {
    const running = this.#running.get(alias);
    if (!running) return this.#begin(alias);
    const next = this.#next.get(alias) ?? running.catch(() => undefined).then(() => this.#begin(alias));
    this.#next.set(alias, next);
    return next;
  }

  #begin(alias: string): Promise<void> {
    this.#next.delete(alias);
    const begun = this.connection.request({ method: 'POST', path: `/${alias}/_refresh`, expected: [404] }).then(() => undefined);
    const ended = begun.finally(() => this.#running.get(alias) === ended && this.#running.delete(alias));
    this.#running.set(alias, ended);
    return ended;
  }
}
