// Follows the end of the event store for status and health: a stuck subscription must not hide its own lag.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Heartbeat, STEP_DEADLINE_MS, type EventReader, type Position, type Runtime, type SilentLoop } from '@mainstem/event-store';

const INTERVAL_MS = 1_000;

export class HeadWatch {
  readonly #reader: EventReader;
  readonly #runtime: Runtime;
  readonly #heartbeat: Heartbeat;
  #head: Position | undefined;

  constructor(reader: EventReader, runtime: Runtime) {
    this.#reader = reader;
    this.#runtime = runtime;
    this.#heartbeat = new Heartbeat('the watch of the end of the event store', runtime);
  }

  /** As of the last look, which is at most a second old while the event store answers. */
  get head(): Position | undefined {
    return this.#head;
  }

  /** Set while a look does not end, or the next one does not begin. */
  get silence(): SilentLoop | undefined {
    return this.#heartbeat.silence();
  }

  /** Looks once a second until the signal fires, and reports each result. */
  async run(signal: AbortSignal, onLook?: (head: Position | undefined) => void): Promise<void> {
    while (!signal.aborted) {
      this.#heartbeat.busy('one look', STEP_DEADLINE_MS);
      try {
        this.#head = await this.#reader.head(signal);
        onLook?.(this.#head);
      } catch {
        // The projections meet and report the same failure; the head stays as last seen.
      }
      await nextTurn();
      await this.#runtime.sleep(INTERVAL_MS, signal);
    }
    this.#heartbeat.idle();
  }
}
