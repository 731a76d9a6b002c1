// Counts the instances that are stuck, for people who watch: a stuck instance keeps no process from its work.
import type { Runtime } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import type { Figures } from '@mainstem/projection/reaction';
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
export class InstanceWatch extends LookLoop {
  readonly #options: InstanceWatchOptions;
  #stuck = 0;

  constructor(options: InstanceWatchOptions) {
    super(LOOK_MS, options.runtime);
    this.#options = options;
  }

  troubles(): readonly string[] {
    return this.lookTroubles(`the instances of ${this.#options.process} cannot be looked at`);
  }

  /** `stuck`: at most 500, which stands for more, too. */
  figures(): Figures {
    return { stuck: this.#stuck };
  }

  protected async lookOnce(): Promise<void> {
    const { store, process } = this.#options;
    const projection = instancesName(process);
    const serving = servingOf(await store.generations(projection));
    const stuck = serving ? await store.scan(projection, serving.number, projection, { limit: STUCK_MAX, after: instanceId('stuck', '') }) : [];
    this.#stuck = stuck.length;
  }
}
