// One command at a time on a stream, in order of arrival: commands of one process never conflict with each other.
import { throwIfAborted } from '@mainstem/event-store';
import { AggregateOverloaded } from '../errors.js';

interface Lane {
  waiting: number;
  tail: Promise<void>;
}

/** Queues by name. A lane exists only while it is used. */
export class StreamLanes {
  readonly #lanes = new Map<string, Lane>();

  /** @param waitingMax most tasks that may wait in one lane. */
  constructor(readonly waitingMax: number) {}

  /**
   * Runs the task when all tasks given before under this name have ended, whatever their outcome.
   * Errors: AGGREGATE_OVERLOADED, EVENT_STORE_ABORTED (the task was not started then), and the task's own.
   */
  async run<Result>(name: string, task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const lane = this.#lanes.get(name) ?? this.#open(name);
    if (lane.waiting > this.waitingMax) throw new AggregateOverloaded(name, this.waitingMax);
    const before = lane.tail;
    let leave = (): void => undefined;
    lane.tail = new Promise((resolve) => (leave = resolve));
    lane.waiting++;
    try {
      if (lane.waiting > 1) await before;
      throwIfAborted(signal, 'waiting for other commands on the stream');
      return await task();
    } finally {
      lane.waiting--;
      if (lane.waiting === 0) this.#lanes.delete(name);
      leave();
    }
  }

  #open(name: string): Lane {
    const lane = { waiting: 0, tail: Promise.resolve() };
    this.#lanes.set(name, lane);
    return lane;
  }
}
