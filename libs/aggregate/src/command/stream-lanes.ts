// One task at a time for each name, in order of arrival, with a limit of waiting tasks.
import { Lanes } from '@mainstem/event-store';
import { AggregateOverloaded } from '../errors.js';
import { assertLimit } from './limits.js';

/** Queues by name. A lane exists only while it is used. */
export class StreamLanes {
  readonly #lanes = new Lanes();

  /** @param waitingMax the most tasks that may wait in one lane. Errors: EVENT_STORE_INVALID_INPUT. */
  constructor(readonly waitingMax: number) {
    assertLimit('waitingMax', waitingMax);
  }

  /** Like `Lanes.run`. Errors: AGGREGATE_OVERLOADED, EVENT_STORE_ABORTED (the task did not start), the task's own. */
  async run<Result>(name: string, task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (this.#lanes.countIn(name) > this.waitingMax) throw new AggregateOverloaded(name, this.waitingMax);
    return this.#lanes.run(name, task, 'waiting for other tasks on the same name', signal);
  }
}
