// Projector instances in simulated time on one event store and one read store; they stop, die, freeze or lose the
// network.
import { defineEvents, InMemoryEventStore, streamOf, type EventId, type Position, type Runtime } from '@mainstem/event-store';
import {
  documentProjection,
  partitioned,
  Projector,
  type DocumentProjection,
  type HostedProjection,
  type ProjectionStatus,
  type RebuildPolicy,
} from '@mainstem/projection';
import { MemoryReadStore, ReadStoreUnavailable, type LeaseClaim } from '@mainstem/projection/adapter';
import { IsInt } from 'class-validator';
import type { SeededRandom } from '../faults/seeded-random.js';
import { SeededRuntime } from '../faults/seeded-runtime.js';

export const LEASE_MS = 5_000;
const LOOK_MS = 10;
const STREAMS = 12;

class CountedData {
  @IsInt() amount!: number;
}
const counterEvents = defineEvents('counter', { Counted: CountedData });

class Counter {
  key!: string;
  /** Not idempotent on purpose: an event that is applied twice shows. */
  events!: number;
  total!: number;
}

export const counterProjection = (name: string, version = 1): DocumentProjection =>
  documentProjection({
    name,
    version,
    document: Counter,
    events: [counterEvents],
    key: (event) => event.stream,
    evolve: {
      Counted: (counter, { data }, key) => ({ key, events: (counter?.events ?? 0) + 1, total: (counter?.total ?? 0) + data.amount }),
    },
  });

export interface InstanceOptions {
  readonly version?: number;
  readonly rebuild?: RebuildPolicy;
  /** Default 1. */
  readonly partitions?: number;
}

export class Instance {
  readonly projector: Projector;
  /** Changes of state with their simulated times. */
  readonly changes: { readonly atMs: number; readonly projection: string; readonly state: string }[] = [];
  /** While it is set, no timer fires and no answer of a store arrives. */
  #frozen: PromiseWithResolvers<void> | undefined;
  /** While it is set, the read store fails the instance's claims. */
  isCutOff = false;

  constructor(
    readonly name: string,
    simulation: LeaseSimulation,
    { version = 1, rebuild = 'manual', partitions = 1 }: InstanceOptions,
  ) {
    const { runtime, reader } = simulation;
    const store = this.#connectionTo(simulation.store);
    const projections: readonly HostedProjection[] = simulation.projections.map((projection) => ({
      projection: partitioned(counterProjection(projection, version), partitions),
      store,
      rebuild,
    }));
    this.projector = new Projector({
      reader,
      projections,
      runtime: this.#clockOf(runtime),
      lease: { owner: name, durationMs: LEASE_MS },
      onChange: ({ projection, state }) => void this.changes.push({ atMs: runtime.monotonic(), projection, state }),
    });
    this.projector.start();
  }

  status(projection: string): ProjectionStatus {
    const found = this.projector.status().find((status) => status.projection === projection);
    if (!found) throw new TypeError(`no status of ${projection}`);
    return found;
  }

  /** Freezes the instance, like SIGSTOP. A frozen instance that never goes on stands for a killed one. */
  freeze(): void {
    this.#frozen ??= Promise.withResolvers<void>();
  }

  thaw(): void {
    this.#frozen?.resolve();
    this.#frozen = undefined;
  }

  async #awake(): Promise<void> {
    while (this.#frozen) await this.#frozen.promise;
  }

  #clockOf(runtime: SeededRuntime): Runtime {
    return {
      now: () => runtime.now(),
      monotonic: () => runtime.monotonic(),
      random: () => runtime.random(),
      uuid: () => runtime.uuid(),
      sleep: async (ms, signal) => {
        await runtime.sleep(ms, signal);
        await this.#awake();
      },
    };
  }

  /** Requests on their way arrive even if the instance freezes meanwhile; their answers do not. */
  #connectionTo(store: MemoryReadStore): MemoryReadStore {
    const call = async (
      target: object,
      name: string | symbol,
      method: (...args: unknown[]) => Promise<unknown>,
      args: unknown[],
    ): Promise<unknown> => {
      await this.#awake();
      if (this.isCutOff && name === 'claimLease') throw new ReadStoreUnavailable('memory', 'the network is down');
      const result = await method.apply(target, args);
      await this.#awake();
      return name === 'open' ? this.#proxied(result as object, call) : result;
    };
    return this.#proxied(store, call);
  }

  #proxied<Target extends object>(
    target: Target,
    call: (target: object, name: string | symbol, method: (...args: unknown[]) => Promise<unknown>, args: unknown[]) => Promise<unknown>,
  ): Target {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => call(target, name, value as (...args: unknown[]) => Promise<unknown>, args);
      },
    });
  }
}

/** Grants every claim: leases that fail in the worst way. */
export class LyingReadStore extends MemoryReadStore {
  override async claimLease({ owner, durationMs }: LeaseClaim) {
    return { isHeld: true, owner, remainingMs: durationMs };
  }
}

export class LeaseSimulation {
  readonly runtime: SeededRuntime;
  readonly reader: InMemoryEventStore;
  readonly store: MemoryReadStore;
  readonly instances: Instance[] = [];
  #appended = 0;
  readonly #expected = new Map<string, { events: number; total: number }>();

  constructor(
    readonly seed: number,
    readonly projections: readonly string[] = ['counter'],
    storeOf: (runtime: Runtime) => MemoryReadStore = (runtime) => new MemoryReadStore('memory', runtime),
  ) {
    this.runtime = new SeededRuntime({ seed });
    this.reader = new InMemoryEventStore({ runtime: this.runtime });
    this.store = storeOf(this.runtime);
  }

  start(name: string, options: InstanceOptions = {}): Instance {
    const instance = new Instance(name, this, options);
    this.instances.push(instance);
    return instance;
  }

  async append(): Promise<Position> {
    const amount = ++this.#appended;
    const id = `0000000${amount % STREAMS}`;
    const eventId = `00000000-0000-4000-8000-${amount.toString(16).padStart(12, '0')}` as EventId;
    const stream = streamOf('counter', id);
    const event = { id: eventId, type: 'Counted', data: { amount }, metadata: {} };
    const { position } = await this.reader.append(stream, [event], { expectedRevision: 'any' });
    const { events, total } = this.#expected.get(stream) ?? { events: 0, total: 0 };
    this.#expected.set(stream, { events: events + 1, total: total + amount });
    return position;
  }

  /**
   * Three instances run through `steps` events; before each event one of them may be frozen, resumed, cut off or
   * replaced. In the end all can go on. Returns those that were not stopped.
   */
  async trouble(random: SeededRandom, steps: number, options: InstanceOptions = {}): Promise<readonly Instance[]> {
    const running = ['a', 'b', 'c'].map((name) => this.start(name, options));
    for (let step = 0; step < steps; step++) {
      await this.append();
      const instance = random.pick(running);
      const act = random.int(0, 9);
      if (act === 0) instance.freeze();
      if (act === 1 || act === 2) instance.thaw();
      if (act === 3) instance.isCutOff = !instance.isCutOff;
      if (act === 4) {
        void instance.projector.stop();
        running.splice(running.indexOf(instance), 1, this.start(`${instance.name}+`, options));
      }
      await this.runtime.advance(random.int(1, 900));
    }
    for (const instance of this.instances) {
      instance.thaw();
      instance.isCutOff = false;
    }
    return running;
  }

  /** The expected read model, counted while appending. */
  get expected(): object {
    return Object.fromEntries([...this.#expected].map(([key, counted]) => [key, { key, ...counted }]));
  }

  stored(projection: string): object {
    return Object.fromEntries(this.store.documents(projection));
  }

  /** Lets time pass until the condition holds; returns how long that took. */
  async until(condition: () => boolean, timeoutMs = 60_000): Promise<number> {
    const startMs = this.runtime.monotonic();
    const holds = async (): Promise<void> => {
      while (!condition()) await this.runtime.sleep(LOOK_MS);
    };
    await this.runtime.runUntil(holds(), { timeoutMs });
    return this.runtime.monotonic() - startMs;
  }

  /** Lets time pass until the work ends. */
  async run<Outcome>(outcome: Promise<Outcome>): Promise<Outcome> {
    return this.runtime.runUntil(outcome, { timeoutMs: 60_000 });
  }

  /** The instance that runs the projection live, if there is one. */
  ownersOf(projection = 'counter'): readonly Instance[] {
    return this.instances.filter((instance) => instance.status(projection).state === 'live');
  }

  async stop(): Promise<void> {
    for (const instance of this.instances) instance.thaw();
    await this.run(Promise.all(this.instances.map(({ projector }) => projector.stop())));
  }
}
