// Performs the effects that are due. It finds them by looking, four times a second, and at once after an attempt.
import { loadAggregate, type CommandContext } from '@mainstem/aggregate';
import { commandIdFrom } from '@mainstem/aggregate/host';
import { backOffMs, commandIdOf, isMainstemError, streamOf, type EventReader, type RecordedEvent, type Runtime } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import type { Figures } from '@mainstem/projection/reaction';
import { servingOf } from '@mainstem/projection/operate';
import type { EffectCommand } from '../manager/effect-decisions.js';
import type { EffectRequest } from '../manager/effect-state.js';
import type { ProcessManager } from '../manager/process-manager.js';
import { describe, performed, type AttemptOutcome } from './effect-attempt.js';
import { EffectLane } from './effect-lane.js';
import { record } from './effect-record.js';
import { contextAfter, type Executor } from './execution.js';
import { LookLoop } from './look-loop.js';
import { behindDueOf, DUE, dueOf, effectsName, GIVEN_UP, type PendingEffect } from './pending-effects.js';
import type { Performer } from './performer.js';

const LOOK_MS = 250;
/** Documents of one look at an effect, and given-up ones that are counted. */
const PAGE_MAX = 1_000;
const GIVEN_UP_COUNTED_MAX = 100;
/** How long the event store has to record what was interrupted, after the host has begun to stop. */
const STOP_RECORD_MS = 5_000;
/** From the end of an attempt's time until another host begins the next one: to record the outcome. */
const RECORD_MS = 10_000;

export interface EffectRunnerOptions {
  readonly manager: ProcessManager;
  readonly executor: Executor;
  /** Where the streams of the instances are read. */
  readonly reader: Pick<EventReader, 'readStream'>;
  /** That has the read model of the pending effects. */
  readonly store: Pick<ReadStore, 'generations' | 'scan'>;
  /** One for each effect of the process. */
  readonly performers: readonly Performer[];
  readonly runtime?: Runtime;
}

/**
 * Several may run: the stream of the instance says which of them begins an attempt. The read model only shows where to
 * look; the stream decides what is due. Nothing is performed whose outcome is recorded.
 */
export class EffectRunner extends LookLoop {
  readonly #options: EffectRunnerOptions;
  readonly #lanes: ReadonlyMap<string, EffectLane>;
  /** Fires a while after `stopped`, when nothing more is recorded. */
  readonly #over = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #unknown: readonly string[] = [];
  #givenUp = 0;

  constructor(options: EffectRunnerOptions) {
    super(LOOK_MS, options.runtime);
    this.#options = options;
    this.#lanes = new Map(options.performers.map((one) => [one.effect.name, new EffectLane(one, this.runtime)]));
  }

  /**
   * Ends all attempts within half a second, and records that they were interrupted. If the event store does not answer,
   * that is left out after five seconds: another host goes on after the time of the attempt, which then counts.
   */
  override async stop(): Promise<void> {
    const lastLook = super.stop();
    const isIdle = new AbortController();
    void this.runtime.sleep(STOP_RECORD_MS, isIdle.signal).then(() => this.#over.abort());
    await lastLook;
    await this.idle();
    isIdle.abort();
  }

  /** Resolves when no attempt is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Open circuits, effects without a performer, attempts that cannot begin, and stores that do not answer. */
  troubles(): readonly string[] {
    const { name } = this.#options.manager;
    const lanes = [...this.#lanes.values()];
    const open = lanes.filter(({ state }) => state !== 'closed');
    const inTrouble = lanes.filter(({ trouble }) => trouble !== undefined);
    return [
      ...open.map(
        ({ effect, circuit }) => `the circuit of effect ${effect.name} of ${name} is open: ${circuit.failures} attempts in a row have failed`,
      ),
      ...this.#unknown.map((effect) => `the effect ${effect} of ${name} was asked for, and performs does not name it any more`),
      ...inTrouble.map(
        ({ effect, trouble }) => `attempts of effect ${effect.name} of ${name} can be neither begun nor recorded: ${describe(trouble).code}`,
      ),
      ...this.lookTroubles(`the effects of ${name} cannot be looked after`),
    ];
  }

  /** `given-up`: at most 100, which stands for more, too. */
  figures(): Figures {
    const lanes = [...this.#lanes.values()];
    return {
      'given-up': this.#givenUp,
      'under-way': lanes.reduce((sum, { running }) => sum + running, 0),
      'open-circuits': lanes.filter(({ state }) => state !== 'closed').length,
    };
  }

  /** Begins what is due and may begin. */
  protected async lookOnce(): Promise<void> {
    const projection = effectsName(this.#options.manager.name);
    const serving = servingOf(await this.#options.store.generations(projection));
    if (!serving) return;
    const scan = async (after: string, limit: number): Promise<readonly PendingEffect[]> =>
      (await this.#options.store.scan(projection, serving.number, projection, { after, limit })).map(([, document]) => document as PendingEffect);
    const unknown: string[] = [];
    for (let after = DUE; !this.stopped.aborted;) {
      const limit = this.#pageSize();
      const page = await scan(after, limit);
      const [first] = page;
      if (!first?.id.startsWith(DUE)) break;
      const { effect } = first;
      const lane = this.#lanes.get(effect);
      const ofEffect = page.filter((one) => one.id.startsWith(dueOf(effect)));
      if (lane) this.#begin(lane, ofEffect, ofEffect.length < limit);
      else unknown.push(effect);
      after = behindDueOf(effect);
    }
    this.#unknown = unknown;
    this.#givenUp = (await scan(GIVEN_UP, GIVEN_UP_COUNTED_MAX)).filter(({ id }) => id.startsWith(GIVEN_UP)).length;
  }

  #pageSize(): number {
    return Math.min(PAGE_MAX, Math.max(1, ...[...this.#lanes.values()].map(({ wanted }) => wanted)));
  }

  #begin(lane: EffectLane, page: readonly PendingEffect[], isWhole: boolean): void {
    for (const pending of lane.choose(page, isWhole)) {
      const work = lane.run(pending, () => this.#attempt(lane, pending));
      this.#underWay.add(work);
      void work.then(() => {
        this.#underWay.delete(work);
        this.wake();
      });
    }
  }

  /** Resolves to when the effect is due again, if it is. */
  async #attempt(lane: EffectLane, { key, request }: PendingEffect): Promise<string | undefined> {
    const { manager, executor } = this.#options;
    const { timeoutMs } = lane.effect.policy;
    const { asked, cause } = await this.#asked(key, request);
    // The read model is behind the stream.
    if (!asked || !cause || Date.parse(asked.at) > this.runtime.now()) return undefined;
    const contextOf = (commandId: string): CommandContext => contextAfter(cause, commandId, this.#over.signal);
    const attempt = asked.attempt + 1;
    const untilMs = this.runtime.now() + timeoutMs + RECORD_MS;
    const begin = { kind: 'attempt', request, attempt, at: new Date(untilMs).toISOString() } as const;
    // An id of its own: another host that begins the same attempt must be refused, not answered as a repeat.
    if (!(await begun(executor.execute(manager.aggregate, key, begin, contextOf(commandIdFrom('begin', this.runtime.uuid())))))) return undefined;
    const idempotencyKey = commandIdOf(`${streamOf(manager.name, key)} ${request} ${asked.askedAt}`);
    const { correlationId = request } = contextOf(request);
    const outcome = await performed(
      lane.performer,
      asked.data,
      { idempotencyKey, attempt, correlationId },
      { runtime: this.runtime, stop: this.stopped },
    );
    this.#tell(lane, outcome);
    const told = this.#commandFor(outcome, request, attempt, asked, lane);
    await record(told, { manager, executor, runtime: this.runtime, key, attempt, contextOf, untilMs, stop: this.stopped });
    return 'at' in told ? told.at : undefined;
  }

  /** What the stream says. */
  async #asked(key: string, request: string): Promise<{ readonly asked?: EffectRequest | undefined; readonly cause?: RecordedEvent | undefined }> {
    let cause: RecordedEvent | undefined;
    const onEvents = (events: readonly RecordedEvent[]): void => {
      const isCause = ({ type, data }: RecordedEvent): boolean =>
        type === 'EffectRequested' && (data as { readonly request: string }).request === request;
      cause = events.findLast(isCause) ?? cause;
    };
    const { state } = await loadAggregate(this.#options.reader, this.#options.manager.aggregate, key, { onEvents, signal: this.stopped });
    return { asked: state.effects[request], cause };
  }

  #tell(lane: EffectLane, outcome: AttemptOutcome): void {
    if (outcome.kind === 'interrupted') return;
    if (outcome.kind === 'failed' && !outcome.isFinal) lane.circuit.failed(this.runtime.monotonic());
    else lane.circuit.answered();
  }

  #commandFor(outcome: AttemptOutcome, request: string, attempt: number, { spent }: EffectRequest, lane: EffectLane): EffectCommand {
    const now = this.runtime.now();
    switch (outcome.kind) {
      case 'succeeded':
        return { kind: 'succeed', request, ...(outcome.result && { result: outcome.result }) };
      case 'unkept':
        return { kind: 'give-up', request, code: outcome.code, message: outcome.message };
      case 'interrupted':
        return { kind: 'interrupt', request, attempt, at: new Date(now).toISOString() };
      case 'failed': {
        const { code, message, isFinal } = outcome;
        const at = new Date(now + backOffMs(lane.effect.policy, spent + 1, this.runtime.random())).toISOString();
        return { kind: 'fail', request, attempt, code, message, at, isFinal };
      }
    }
  }
}

/** False if it was another host's turn, or nothing is to be performed any more. */
const begun = async (beginning: Promise<{ readonly events: readonly { readonly type: string }[] }>): Promise<boolean> => {
  try {
    return (await beginning).events.some(({ type }) => type === 'EffectAttempted');
  } catch (error) {
    if (isMainstemError(error, 'PROCESS_REFUSED')) return false;
    throw error;
  }
};
