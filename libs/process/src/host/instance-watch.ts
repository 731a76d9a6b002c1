// Counts the instances that are stuck, for people who watch: a stuck instance keeps no process from its work.
import { isMainstemError, systemRuntime, type Runtime } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import type { Companion, Figures } from '@mainstem/projection/reaction';
import { servingOf } from '@mainstem/projection/operate';
import { instanceId, instancesName } from './instances.js';

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
  readonly #runtime: Runtime;
  readonly #abort = new AbortController();
  #stuck = 0;
  #trouble: unknown;
  #loop: Promise<void> | undefined;

  constructor(options: InstanceWatchOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? systemRuntime;
  }

  /** May be called again, but not after `stop`. */
  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }

  troubles(): readonly string[] {
    if (this.#trouble === undefined) return [];
    const code = isMainstemError(this.#trouble) ? this.#trouble.code : (this.#trouble as Error).name;
    return [`the instances of ${this.#options.process} cannot be looked at: ${code}`];
  }

  /** `stuck`: at most 500, which stands for more, too. */
  figures(): Figures {
    return { stuck: this.#stuck };
  }

  /** Counts them now, for tests. Errors: those of the store. */
  async look(): Promise<void> {
    const { store, process } = this.#options;
    const projection = instancesName(process);
    const serving = servingOf(await store.generations(projection));
    const stuck = serving ? await store.scan(projection, serving.number, projection, { limit: STUCK_MAX, after: instanceId('stuck', '') }) : [];
    this.#stuck = stuck.length;
    this.#trouble = undefined;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        this.#trouble = error;
      }
      await this.#runtime.sleep(LOOK_MS, signal);
    }
  }
}
