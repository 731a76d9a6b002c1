// Reports once when a dependency of the application goes away, and once when it comes back, however often it is tried.
import { inTime, isMainstemError, streamOf, systemRuntime, type EventReader, type OperationAborted, type Runtime } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import { Logger } from '@nestjs/common';

export interface Dependency {
  /** The name for people, as the subject of a sentence: `The event store`. */
  readonly name: string;
  /** Resolves when it answers; rejects with the reason if it cannot. One that takes too long counts as silent. */
  look(): Promise<unknown>;
}

/** The interval while it answers: a look must cost almost nothing. */
const INTERVAL_MS = 2_000;
/** The interval while it is away, and until a second failure confirms the first. */
const INTERVAL_AWAY_MS = 500;
/** One failed look may be chance, such as a connection that the server closed. */
const FAILING_MS = 400;
/** A busy machine answers late. */
const SILENT_MS = 5_000;
/** After this silence a look is given up, and another one begins. */
const GIVEN_UP_MS = 30_000;

export interface DependencyLog {
  warn(message: string): void;
}

export const EVENT_STORE_NAME = 'The event store';
export const readStoreName = (name: string): string => `Read store ${name}`;

/** No stream has this name: that it is empty is an answer, too, and costs nothing. */
const NO_STREAM = streamOf('mainstem', 'dependency-watch');

const ask = async (reader: Pick<EventReader, 'readStream'>, signal?: AbortSignal): Promise<void> => {
  for await (const batch of reader.readStream(NO_STREAM, { limit: 1, ...(signal && { signal }) })) if (batch.length > 0) return;
};

export const eventStoreDependency = (reader: Pick<EventReader, 'readStream'>): Dependency => ({
  name: EVENT_STORE_NAME,
  look: async () => {
    try {
      await ask(reader, AbortSignal.timeout(REPEATED_MS));
    } catch (error) {
      if (!isMainstemError(error, 'EVENT_STORE_ABORTED')) throw error;
      const { failure } = error as OperationAborted;
      if (failure) throw failure;
      // Silent so far: that alone proves nothing yet.
      await ask(reader);
    }
  },
});

export const readStoreDependency = (store: Pick<ReadStore, 'name' | 'generations'>): Dependency => ({
  name: readStoreName(store.name),
  look: () => store.generations(),
});

/** A store that repeats its calls would know only after a longer time than people want to wait. */
const REPEATED_MS = 2_000;

/** One for each application: modules add what they have opened. */
export class DependencyWatch {
  readonly #runtime: Runtime;
  readonly #log: DependencyLog;
  readonly #watched = new Map<string, WatchedDependency>();
  #isRunning = false;

  constructor(runtime: Runtime = systemRuntime, log: DependencyLog = new Logger('Dependencies')) {
    this.#runtime = runtime;
    this.#log = log;
  }

  /** Call it before `start`. A name that is already there keeps its first entry. */
  add(dependency: Dependency): void {
    if (!this.#watched.has(dependency.name)) this.#watched.set(dependency.name, new WatchedDependency(dependency, this.#runtime, this.#log));
  }

  /** Returns at once. It may be called again, but not after `stop`. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (const watched of this.#watched.values()) void watched.run();
  }

  /** Reports nothing from now on; a running look is left alone. */
  stop(): void {
    this.#isRunning = false;
    for (const watched of this.#watched.values()) watched.stop();
  }

  /** Resolves within seconds: true if it is known, and reported, to be away; false if it answers or is not watched. */
  async isAway(name: string): Promise<boolean> {
    const watched = this.#isRunning ? this.#watched.get(name) : undefined;
    return watched === undefined ? false : watched.whetherAway();
  }
}

class WatchedDependency {
  readonly #dependency: Dependency;
  readonly #runtime: Runtime;
  readonly #log: DependencyLog;
  readonly #asking: ((isAway: boolean) => void)[] = [];
  #troubledSinceMs: number | undefined;
  #isAway = false;
  #isStopped = false;
  #pause = new AbortController();

  constructor(dependency: Dependency, runtime: Runtime, log: DependencyLog) {
    this.#dependency = dependency;
    this.#runtime = runtime;
    this.#log = log;
  }

  /** Errors: none. Ends soon after `stop`. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      const startedAtMs = this.#runtime.monotonic();
      const look = this.#look();
      let outcome = await inTime<Outcome>(look, SILENT_MS, this.#runtime, () => 'late');
      if (outcome === 'late') {
        // Reported while the look still goes on: the people on call must not wait for its end.
        this.#failed(`no answer within ${SILENT_MS / 1_000} s`, startedAtMs);
        outcome = await inTime<Outcome>(look, GIVEN_UP_MS, this.#runtime, () => 'late');
      }
      if (this.#isStopped) return;
      if (outcome === 'answered') this.#answered();
      else if (outcome !== 'late') this.#failed(outcome.reason, startedAtMs);
      this.#pause = new AbortController();
      await this.#runtime.sleep(this.#troubledSinceMs === undefined ? INTERVAL_MS : INTERVAL_AWAY_MS, this.#pause.signal);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#pause.abort();
    this.#tell(false);
  }

  whetherAway(): Promise<boolean> {
    if (this.#isAway) return Promise.resolve(true);
    const answer = new Promise<boolean>((resolve) => this.#asking.push(resolve));
    if (this.#troubledSinceMs === undefined) this.#pause.abort();
    return answer;
  }

  async #look(): Promise<Outcome> {
    try {
      await this.#dependency.look();
      return 'answered';
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error) };
    }
  }

  #answered(): void {
    if (this.#isAway) {
      const awayMs = this.#runtime.monotonic() - (this.#troubledSinceMs ?? 0);
      this.#log.warn(`${this.#dependency.name} is back after ${Math.ceil(awayMs / 1_000)} s.`);
    }
    this.#isAway = false;
    this.#troubledSinceMs = undefined;
    this.#tell(false);
  }

  #failed(reason: string, startedAtMs: number): void {
    this.#troubledSinceMs ??= startedAtMs;
    if (this.#isStopped || this.#runtime.monotonic() - this.#troubledSinceMs < FAILING_MS) return;
    if (!this.#isAway) this.#log.warn(`${this.#dependency.name} is away: ${reason}`);
    this.#isAway = true;
    this.#tell(true);
  }

  #tell(isAway: boolean): void {
    for (const resolve of this.#asking.splice(0)) resolve(isAway);
  }
}

type Outcome = 'answered' | 'late' | { readonly reason: string };
