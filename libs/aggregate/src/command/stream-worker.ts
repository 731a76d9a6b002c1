// Works on the lanes of all streams: round by round, each with at most one append. A round waits only for the store.
import { DEFAULT_LIMITS, backOffMs, encodeAppend, isMainstemError, type AppendResult, type EventWriter, type Runtime } from '@mainstem/event-store';
import { changesBetween, heldAfter } from '../claims/held-claims.js';
import type { UniqueClaims } from '../claims/unique-claims.js';
import { AggregateConflictUnresolved, AggregateOverloaded, CommandIdReused, isCommandRefused } from '../errors.js';
import { answersOf, answersOfAppend, observe } from './answers.js';
import { AppendKinds } from './append-kinds.js';
import { appendBatch, CONFLICT_CODES, CULPRIT_CODES } from './append-batch.js';
import { decisionOf, type Decision, type GivenCommand } from './decision.js';
import type { FoldedStream } from '../folded/folded-stream.js';
import { Batch, isOther, type Call, type Joined, type Lane, type Need } from './stream-calls.js';
import type { StreamFolder } from './stream-folder.js';

export interface WorkerOptions {
  readonly store: Pick<EventWriter, 'append'> & Partial<Pick<EventWriter, 'limits'>> & { readonly hasDensePositions?: boolean };
  readonly runtime: Runtime;
  readonly folder: StreamFolder;
  readonly claims: UniqueClaims;
  readonly attemptsMax: number;
  readonly retryDelayMs: number;
  readonly retryDelayMaxMs: number;
  readonly waitingMax: number;
}

/** No caller waits for the outcome any more. */
const UNWANTED = Symbol('unwanted');

export class StreamWorker {
  readonly #options: WorkerOptions;
  readonly #kinds = new AppendKinds();
  readonly #lanes = new Map<string, Lane>();

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Adds a call to its stream's lane. The call gets AGGREGATE_OVERLOADED if the lane is full. */
  enter(call: Call): void {
    const { waitingMax } = this.#options;
    let lane = this.#lanes.get(call.stream);
    if (lane && lane.pending > waitingMax) return call.underWay.reject(new AggregateOverloaded(call.stream, waitingMax));
    const isNew = lane === undefined;
    if (!lane) this.#lanes.set(call.stream, (lane = { stream: call.stream, calls: [], pending: 0, mustRead: false }));
    lane.pending++;
    call.underWay.waitsFor = 'other commands on its stream';
    lane.calls.push(call);
    if (isNew) void this.#work(lane);
  }

  async #work(lane: Lane): Promise<void> {
    for (let first = lane.calls[0]; first; first = lane.calls[0]) {
      if (first.underWay.isOver) {
        lane.calls.shift();
        lane.pending--;
        continue;
      }
      try {
        const round = this.#round(lane, first);
        if (round) await round;
      } catch (error) {
        this.#options.folder.cache.drop(first.key);
        if (error !== UNWANTED) for (const { key, underWay } of lane.calls) if (key === first.key) underWay.reject(error);
      }
    }
    this.#lanes.delete(lane.stream);
  }

  /** Nothing to wait for where all was in memory and was answered from there. */
  #round(lane: Lane, first: Call): Promise<void> | undefined {
    const { folder } = this.#options;
    const kept = folder.kept(first.key);
    if (!kept || lane.mustRead || folder.needsProof(kept)) return this.#readFirst(lane, first, kept);
    return this.#withFolded(lane, first, kept, false);
  }

  async #readFirst(lane: Lane, first: Call, kept: FoldedStream | undefined): Promise<void> {
    const { folder } = this.#options;
    const folded = await this.#whileWanted([...lane.calls], 'the events of its stream', (signal) =>
      kept ? folder.catchUp(first, kept, signal()) : folder.load(first, signal()),
    );
    lane.mustRead = false;
    await this.#withFolded(lane, first, folded, true);
  }

  #withFolded(lane: Lane, first: Call, folded: FoldedStream, isFresh: boolean): Promise<void> | undefined {
    const batch = new Batch(folded.state, folded.held, this.#options.store.limits ?? DEFAULT_LIMITS);
    const need = this.#decide(lane, first.key, folded, batch, isFresh);
    if (!batch.isEmpty) return this.#append(lane, folded, batch);
    return need && this.#meet(lane, folded, need);
  }

  /**
   * Decides as many calls as fit into one append, and settles those answered without one. Returns the next one's need.
   */
  #decide(lane: Lane, key: string, folded: FoldedStream, batch: Batch, isFresh: boolean): Need | undefined {
    for (let call = lane.calls[0]; call && call.key === key; call = lane.calls[0]) {
      if (!call.underWay.isOver) {
        // If positions do not count events, a shared append hides them: then each command has its own append.
        if (!batch.isEmpty && this.#options.store.hasDensePositions !== true) return undefined;
        if (!batch.hasRoomFor(call)) return undefined;
        const need = this.#consider(call, folded, batch, isFresh || call.isProved);
        if (need) return need;
      }
      lane.calls.shift();
      if (call.underWay.isOver) lane.pending--;
      // The rule may have changed its state: the next command gets a newly folded one.
      if (!folded.isIsolated) return undefined;
    }
    return undefined;
  }

  /** Joins the batch, settles the call, or returns its need. Only a proved state allows an answer without an append. */
  #consider(call: Call, folded: FoldedStream, batch: Batch, isFresh: boolean): Need | undefined {
    const decisions: (Decision<unknown> | undefined)[] = [];
    let { state, held } = batch;
    let events = 0;
    try {
      for (let index = 0; index < call.commands.length; index++) {
        const given = call.commands[index] as GivenCommand<unknown>;
        const { commandId, fingerprint } = given.context;
        if (batch.has(commandId)) return { append: true };
        const place = folded.commands.get(commandId);
        if (place) {
          if (isOther(fingerprint, place)) throw new CommandIdReused(call.stream, commandId);
          if (!call.repeats?.has(commandId)) return { repeat: place, id: commandId };
          decisions.push(undefined);
          continue;
        }
        if (call.absent?.get(commandId) !== folded.revision && folded.commands.mayHaveForgotten(commandId)) {
          // Its place may have been dropped again for the call's other commands.
          if (!call.repeats?.has(commandId)) return { forgotten: commandId };
          decisions.push(undefined);
          continue;
        }
        const decision = decisionOf(call.aggregate, call.stream, given, state, this.#options.runtime);
        decisions.push(decision);
        folded.isIsolated &&= decision.isIsolated;
        state = decision.state;
        if (call.aggregate.unique) for (const event of decision.newEvents) held = heldAfter(call.aggregate, held, event);
        events += decision.newEvents.length;
      }
    } catch (error) {
      if (!batch.isEmpty) return { append: true };
      if (!isFresh) return { fresh: true };
      call.underWay.reject(error);
      return undefined;
    }
    const changes = changesBetween(batch.held, held);
    if (events > 0 && (!batch.fits(decisions) || (changes && !batch.isEmpty))) return { append: true };
    if (events > 0) {
      batch.join(call, decisions, state);
      batch.held = held;
      batch.changes = changes;
      return undefined;
    }
    if (!batch.isEmpty) return { append: true };
    if (!isFresh && decisions.some((decision) => decision)) return { fresh: true };
    call.underWay.resolve(answersOf({ call, decisions }, folded, undefined));
    return undefined;
  }

  async #meet(lane: Lane, folded: FoldedStream, need: Need): Promise<void> {
    const { folder } = this.#options;
    const call = lane.calls[0];
    if (!call) return;
    if ('fresh' in need) {
      lane.mustRead = true;
    } else if ('repeat' in need) {
      const answer = await this.#whileWanted([call], 'its first answer', (signal) => folder.repeat(call, need.repeat, signal()));
      (call.repeats ??= new Map()).set(need.id, answer);
    } else if ('forgotten' in need && folded.revision !== undefined) {
      const search = { upTo: folded.revision, placesMax: Math.ceil(folded.commands.recentMax / 2) };
      const places = await this.#whileWanted([call], 'a look for its id', (signal) => folder.find(call.stream, need.forgotten, search, signal()));
      for (const [id, place] of places) folded.commands.set(id, place);
      const place = places.get(need.forgotten);
      if (!place) return void (call.absent ??= new Map()).set(need.forgotten, folded.revision);
      const fingerprint = call.commands.find(({ context }) => context.commandId === need.forgotten)?.context.fingerprint;
      if (isOther(fingerprint, place)) return call.underWay.reject(new CommandIdReused(call.stream, need.forgotten));
      // Its answer is kept with the call: without kept states, the next round does not know its place.
      const answer = await this.#whileWanted([call], 'its first answer', (signal) => folder.repeat(call, place, signal()));
      (call.repeats ??= new Map()).set(need.forgotten, answer);
    }
  }

  async #append(lane: Lane, folded: FoldedStream, batch: Batch): Promise<void> {
    const { store, folder, claims } = this.#options;
    const { calls } = batch;
    const waiting = lane.calls.length;
    const expected = folded.revision ?? 'no-stream';
    // Without its own signal, a command whose caller has gone leaves its append to the limits of the store.
    const isAbortable = calls.some(hasSignal);
    let isAppending = false;
    try {
      // A refused command keeps its turn: its caller may send it differently, and later commands wait for that.
      if (store.limits && batch.mayBeTooLarge) encodeAppend(lane.stream, batch.newEvents, expected, store.limits);
      const appended = await this.#whileWanted(calls, 'its append', (signal) => {
        isAppending = true;
        observe(batch, (observation, events) => observation.appending(events));
        return appendBatch({ store, claims, kinds: this.#kinds }, batch, { stream: lane.stream, expected }, isAbortable ? signal() : undefined);
      });
      observe(batch, (observation) => observation.appended());
      lane.pending -= calls.length;
      // Nothing leaves the lane meanwhile: these have come before the append.
      for (let index = 0; index < waiting; index++) (lane.calls[index] as Call).isProved = true;
      this.#appended(batch, folded, appended);
    } catch (error) {
      if (isAppending) observe(batch, (observation) => observation.appended(error));
      if (isMainstemError(error, ...CONFLICT_CODES)) return this.#conflict(lane, calls, error);
      // The first one may be refused for its id, and the others not.
      if (calls.length > 1 && (isMainstemError(error, ...CULPRIT_CODES) || isCommandRefused(error))) {
        for (const call of calls) call.isAlone = true;
        lane.calls.unshift(...calls);
        return;
      }
      // It may be unknown whether the events were written: the next command reads the stream again.
      for (const call of calls) {
        // Of a unique value that is taken it is known that nothing was written.
        if (!isCommandRefused(error)) folder.cache.drop(call.key);
        lane.pending--;
        if (error !== UNWANTED) call.underWay.reject(error);
      }
    }
  }

  #appended(batch: Batch, folded: FoldedStream, { revision, position }: AppendResult): void {
    const { folder, store } = this.#options;
    const { joined, newEvents } = batch;
    const first = joined[0]?.call;
    const before = folded.position;
    const start = revision - BigInt(newEvents.length) + 1n;
    const isAsExpected = start === (folded.revision ?? -1n) + 1n;
    // Its state is frozen already: each decision has seen to that.
    folded.state = batch.state;
    folded.held = batch.held;
    folded.revision = revision;
    folded.position = position;
    folded.lastEventId = newEvents[newEvents.length - 1]?.id;
    const answers = answersOfAppend(joined, folded, { revision, position }, { start, isDense: store.hasDensePositions === true });
    // Positions only rise: if one does not, the store was set back.
    if (before !== undefined && position <= before) folder.cache.clear();
    else if (first && isAsExpected) folder.prove(first, folded);
    else if (first) folder.cache.drop(first.key);
    for (let at = 0; at < joined.length; at++) (joined[at] as Joined).call.underWay.resolve(answers[at] ?? []);
  }

  async #conflict(lane: Lane, calls: readonly Call[], conflict: unknown): Promise<void> {
    const { attemptsMax, runtime } = this.#options;
    lane.mustRead = true;
    const again: Call[] = [];
    for (const call of calls) {
      call.attempts++;
      if (call.attempts >= attemptsMax) {
        lane.pending--;
        call.underWay.reject(new AggregateConflictUnresolved(call.stream, call.attempts, conflict));
      } else again.push(call);
    }
    if (again.length === 0) return;
    lane.calls.unshift(...again);
    // At random, so that competitors do not meet again.
    const failures = Math.max(...again.map(({ attempts }) => attempts));
    await this.#whileWanted(again, 'another attempt', (signal) => runtime.sleep(backOffMs(this.#options, failures, runtime.random()), signal()));
  }

  /** Works for calls while at least one of them still waits; rejects with UNWANTED when none does. */
  #whileWanted<Result>(calls: readonly Call[], what: string, start: (signal: () => AbortSignal) => Promise<Result>): Promise<Result> {
    let abort: AbortController | undefined;
    return new Promise<Result>((resolve, reject) => {
      const onEnded = (): void => {
        if (calls.some(({ underWay }) => !underWay.isOver)) return;
        abort?.abort();
        reject(UNWANTED);
      };
      for (let index = 0; index < calls.length; index++) {
        const { underWay } = calls[index] as Call;
        underWay.waitsFor = what;
        underWay.onEnded = onEnded;
      }
      start(() => (abort ??= new AbortController()).signal).then(resolve, reject);
    });
  }
}

const hasSignal = ({ underWay }: Call): boolean => underWay.signal !== undefined;
