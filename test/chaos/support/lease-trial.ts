// One read store with its events, run by several projector instances, and what must not be wrong in it.
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { DocumentProjection, ReadStore } from '@mainstem/projection';
import type { SeededRandom } from '@mainstem/testing';
import { storeNamed, type StorePlace } from '../stores/store-under-test.js';
import { toldProjectionsOn } from '../stores/told-projections.js';
import { GrowingFold } from './growing-fold.js';
import { allEventsOf, expectServesFold } from './serving-fold.js';
import { toldCommand } from './told-events.js';
import { inFolder } from './trials.js';
import { WorkerProcess } from './worker-process.js';

const CATCH_UP_MS = 60_000;

export class LeaseTrial {
  readonly #folds: readonly GrowingFold[];
  #instances = 0;

  private constructor(
    readonly name: string,
    readonly place: StorePlace,
    readonly events: EmbeddedEventStore,
    readonly store: ReadStore,
    readonly random: SeededRandom,
  ) {
    this.#folds = toldProjectionsOn(store).map(({ projection }) => new GrowingFold(projection as DocumentProjection));
  }

  /** With a temporary store and some events. */
  static run(name: string, random: SeededRandom, work: (trial: LeaseTrial) => Promise<void>): Promise<void> {
    return inFolder(async (dir) => {
      const place = { dir, scope: `mainstem_leases_${process.pid}_${random.int(0, 2 ** 30)}` };
      const storeUnderTest = await storeNamed(name);
      const events = await EmbeddedEventStore.open({ dir });
      const store = await storeUnderTest.open(place);
      try {
        const trial = new LeaseTrial(name, place, events, store, random);
        await trial.append(random.int(1, 20));
        await work(trial);
      } finally {
        await store.close();
        await events.close();
        await storeUnderTest.remove(place);
      }
    });
  }

  async append(commands: number): Promise<void> {
    for (let count = 0; count < commands; count++) {
      const { stream, events } = toldCommand(this.random.int(1, 2 ** 30));
      await this.events.append(stream, events, { expectedRevision: 'any' });
    }
  }

  start(leaseMs: number, env: NodeJS.ProcessEnv = {}): WorkerProcess {
    const { dir, scope } = this.place;
    return new WorkerProcess('lease-projector.ts', { args: [this.name, dir, scope, `instance-${++this.#instances}`, String(leaseMs)], env });
  }

  /** Waits until every read model is at the end of the event store: it must be the fold of all events. */
  async expectSound(): Promise<void> {
    const events = await allEventsOf(this.events);
    const deadline = performance.now() + CATCH_UP_MS;
    for (const fold of this.#folds) await expectServesFold({ store: this.store, fold, events, deadline });
  }
}
