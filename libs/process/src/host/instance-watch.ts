// Counts the instances that are stuck, for people who watch: a stuck instance keeps no process from its work.
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import type { Companion, Figures } from '@mainstem/projection/reaction';
import { servingOf } from '@mainstem/projection/operate';
import { instanceId, instancesName } from './instances.js';
import { LookLoop } from './look-loop.js';

const LOOK_MS = 5_000;
/** More are not counted. */
const STUCK_MAX = 500;

export interface InstanceWatchOptions {
  readonly process: string;
  /** The store that has the read model of the instances. */
  readonly store: Pick<ReadStore, 'generations' | 'scan'>;
  readonly runtime?: Runtime;
}

/** Looks every five seconds. A look costs two reads while nothing is stuck, however many instances there are. */
export class InstanceWatch implements Companion {
  readonly #options: InstanceWatchOptions;
  readonly #loop: LookLoop;
  #stuck = 0;

  constructor(options: InstanceWatchOptions) {
    const { runtime = systemRuntime } = options;
    this.#options = options;
    this.#loop = new LookLoop({ look: () => this.#count(), everyMs: LOOK_MS, runtime });
  }

  /** May be called again, but not after `stop`. */
  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  troubles(): readonly string[] {
    const { trouble } = this.#loop;
    return trouble === undefined ? [] : [`the instances of ${this.#options.process} cannot be looked at: ${trouble}`];
  }

  /** `stuck`: at most 500, which stands for more, too. */
  figures(): Figures {
    return { stuck: this.#stuck };
  }

  /** Counts them now, for tests. Errors: those of the store. */
  look(): Promise<void> {
    return this.#loop.look();
  }

  async #count(): Promise<void> {
    const { store, process } = this.#options;
    const projection = instancesName(process);
    const serving = servingOf(await store.generations(projection));
    const stuck = serving ? await store.scan(projection, serving.number, projection, { limit: STUCK_MAX, after: instanceId('stuck', '') }) : [];
    this.#stuck = stuck.length;
  }
}
