// The life of one read store whose projectors are killed during appends: after each death it is compared, recovered,
// and compared again.
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { Position, RecordedEvent } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import type { SeededRandom } from '@mainstem/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { storeNamed, type StorePlace, type StoreUnderTest } from '../stores/store-under-test.js';
import { picksOf, SOME_POISON, talliesOf, toldCount } from '../stores/told-projections.js';
import type { ProjectorJob } from '../workers/read-store-projector.js';
import type { SurvivorTask } from '../workers/read-store-survivor.js';
import { GrowingFold } from './growing-fold.js';
import { toldCommand } from './told-events.js';
import { WorkerProcess } from './worker-process.js';

const APPEND_INTERVAL_MS = 10;
/** Before the first projector, and while each runs. */
const COMMANDS_FIRST = 40;
const COMMANDS_PER_LIFE = 25;

export type Action = ProjectorJob['action'];
/** At the nth passage of a crash point, or at any moment after the process has begun. */
export type Death = { readonly point: string; readonly nth: number } | { readonly afterMs: number };

export class ReadStoreLife implements AsyncDisposable {
  readonly #storeUnderTest: StoreUnderTest;
  readonly #place: StorePlace;
  readonly #store: ReadStore;
  readonly #reader: EmbeddedEventStore;
  readonly #appender: WorkerProcess;
  readonly #survivor: WorkerProcess;
  readonly #random: SeededRandom;
  readonly #folds = [talliesOf(), toldCount, picksOf(SOME_POISON)].map((projection) => new GrowingFold(projection));
  readonly #events: RecordedEvent[] = [];
  readonly #positions = new Map<string, Position>();
  readonly #acknowledged = new Map<number, bigint>();
  readonly #name: string;
  #next: WorkerProcess;
  deaths = 0;

  private constructor(
    name: string,
    storeUnderTest: StoreUnderTest,
    place: StorePlace,
    store: ReadStore,
    reader: EmbeddedEventStore,
    random: SeededRandom,
  ) {
    this.#name = name;
    this.#storeUnderTest = storeUnderTest;
    this.#place = place;
    this.#store = store;
    this.#reader = reader;
    this.#random = random;
    this.#appender = new WorkerProcess('told-appender.ts', { args: [place.dir, String(APPEND_INTERVAL_MS)] });
    this.#appender.listen(({ kind, number, position }) => {
      if (kind === 'acknowledged') this.#acknowledged.set(Number(number), BigInt(String(position)));
    });
    this.#survivor = new WorkerProcess('read-store-survivor.ts', { args: [name, place.dir, place.scope] });
    this.#next = this.#spawn();
  }

  static async begin(name: string, dir: string, random: SeededRandom): Promise<ReadStoreLife> {
    const storeUnderTest = await storeNamed(name);
    const place = { dir, scope: `mainstem_chaos_${process.pid}_${random.int(0, 1_000_000_000)}` };
    await (await EmbeddedEventStore.open({ dir })).close();
    const reader = await EmbeddedEventStore.open({ dir, isReadOnly: true });
    const life = new ReadStoreLife(name, storeUnderTest, place, await storeUnderTest.open(place), reader, random);
    await life.#appender.until('ready');
    life.#appender.send({ commands: COMMANDS_FIRST });
    await life.#appender.until('acknowledged', ({ number }) => Number(number) >= COMMANDS_FIRST - 1);
    await life.recover();
    return life;
  }

  get events(): number {
    return this.#events.length;
  }

  /** A process begins and dies. Errors: it ends in another way. */
  async die(action: Action, death: Death): Promise<void> {
    await using worker = this.#next;
    await worker.until('ready');
    this.#next = this.#spawn(); // loads its code meanwhile
    const { dir, scope } = this.#place;
    const crashAt = 'point' in death ? `${death.point}:${death.nth}` : '';
    this.#appender.send({ commands: COMMANDS_PER_LIFE });
    worker.send({ action, dir, scope, batchSizeMax: this.#random.pick([2, 15, 60]), crashAt });
    if ('afterMs' in death) {
      await worker.until('started');
      await delay(death.afterMs);
      await worker.kill();
    } else {
      await Promise.race([
        worker.ended(),
        worker.until('done').then(() => Promise.reject(new Error(`${action} was done before it died at ${crashAt}`))),
      ]);
      if (worker.signal !== 'SIGKILL') await worker.succeeded().then(() => Promise.reject(new Error(`${action} ended by itself before ${crashAt}`)));
    }
    const stopped = worker.last.get('stopped');
    if (stopped) throw new Error(`before it died, ${String(stopped['projection'])} stopped: ${String(stopped['reason'])}`);
    this.deaths++;
  }

  /** The faults before and after recovery to the end, in words, while no process appends. */
  async recover({ keepsRetired = false } = {}): Promise<readonly string[]> {
    await this.#pause();
    await this.#readEvents();
    const flaws = [...this.#flawsOfLedger()];
    flaws.push(...(await this.#flaws('as it was left')));
    await this.#survive({ action: 'catch-up', batchSizeMax: this.#random.pick([5, 40, 500]) });
    flaws.push(...(await this.#flaws('after recovery', { isComplete: true })));
    await this.#survive({ action: 'finish-rebuilds' });
    flaws.push(...(await this.#flaws('after the rebuild', { isComplete: true })));
    if (!keepsRetired) await this.#survive({ action: 'clean-up' });
    return flaws;
  }

  /** A rebuild that is not killed, so that there is something to clean up. */
  async rebuild(): Promise<void> {
    await this.#survive({ action: 'rebuild' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#next.kill();
    await this.#appender.kill();
    await this.#survivor.kill();
    await this.#store.close();
    await this.#reader.close();
    await this.#storeUnderTest.remove(this.#place);
  }

  #spawn(): WorkerProcess {
    return new WorkerProcess('read-store-projector.ts', { args: [this.#name] });
  }

  async #pause(): Promise<void> {
    this.#appender.last.delete('paused');
    this.#appender.send({ commands: 0 });
    await this.#appender.until('paused');
  }

  async #readEvents(): Promise<void> {
    const after = this.#events.at(-1)?.position;
    for await (const batch of this.#reader.readAll(after === undefined ? {} : { after })) {
      for (const event of batch) {
        this.#events.push(event);
        this.#positions.set(event.id, event.position);
      }
    }
  }

  /** Every acknowledged command is at its acknowledged place, and there is nothing else. */
  *#flawsOfLedger(): Generator<string> {
    let events = 0;
    for (const [number, acknowledgedAt] of this.#acknowledged) {
      const command = toldCommand(number).events;
      const position = this.#positions.get(command.at(-1)?.id ?? '');
      events += command.length;
      if (position !== acknowledgedAt) yield `command ${number} was acknowledged at ${acknowledgedAt}, is at ${position}`;
    }
    if (events !== this.#events.length) yield `${events} events were acknowledged, there are ${this.#events.length}`;
  }

  async #survive(task: SurvivorTask): Promise<void> {
    await this.#survivor.until('ready');
    this.#survivor.last.delete('done');
    this.#survivor.send(task);
    const { problem } = await this.#survivor.until('done');
    if (problem !== undefined) throw new Error(`${this.#name} does not ${task.action}: ${String(problem)}`);
  }

  async #flaws(when: string, { isComplete = false } = {}): Promise<readonly string[]> {
    const flaws = await Promise.all(this.#folds.map((fold) => this.#flawOf(fold, isComplete)));
    return flaws.flatMap((flaw) => (flaw === undefined ? [] : [`${when}: ${flaw}`]));
  }

  async #flawOf(fold: GrowingFold, isComplete: boolean): Promise<string | undefined> {
    const { name } = fold.projection;
    const serving = (await this.#store.generations(name)).find(({ state }) => state === 'serving');
    if (!serving) return isComplete ? `${name} is not there` : undefined;
    return this.#store.snapshot(name, serving.number, async (snapshot) => {
      const { position } = snapshot.generation.checkpoint;
      if (isComplete && position !== this.#events.at(-1)?.position) return `${name} stands at ${position}, not at ${this.#events.at(-1)?.position}`;
      return fold.flawOf(snapshot, this.#events);
    });
  }
}
