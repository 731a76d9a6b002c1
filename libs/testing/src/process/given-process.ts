// Given / when / then for process managers: inputs in; what is asked for and state out. Nothing runs, no time passes.
import assert from 'node:assert/strict';
import { freezeJson, type EventRegistry } from '@mainstem/event-store';
import type { Perform, ProcessManager, Send } from '@mainstem/process';
import { storedSource } from '@mainstem/process/operate';
import type { ErrorClass } from '../aggregate/given.js';
import type { EffectOutcome, HappenedEvent, Outcome, ProcessInput, TimePassed } from './process-input.js';
import { recordedAs } from './recorded-as.js';
import { shownCommand, shownEffect, type ShownCommand, type ShownEffect } from './sent-commands.js';

/** What a scenario leads to. Parts that are left out are not checked. */
export interface ThenProcess<State> {
  /** Commands that the inputs of `when` lead to, all of them, in order. */
  readonly commands?: readonly Send[];
  /** Effects that they lead to, likewise. */
  readonly effects?: readonly Perform[];
  /** Pending afterwards: when each comes, ISO 8601 in UTC, by name. Scenarios begin at the start of 2026. */
  readonly deadlines?: Readonly<Record<string, string>>;
  /** The application's own. */
  readonly state?: State;
  readonly isEnded?: boolean;
  /** Steps whose refusal, failure, or late effect the process has no rule for. */
  readonly stuck?: readonly string[];
}

export interface WhenProcess<State, Registries extends readonly EventRegistry[]> {
  /** The inputs whose effect is looked at. */
  when(...inputs: readonly ProcessInput<Registries>[]): ProcessScenario<State>;
}

export interface ProcessScenario<State> {
  then(expected: ThenProcess<State>): void;
  /** The inputs of `when` lead to nothing: no command, no effect, no change of a deadline, no end. */
  thenNothing(): void;
  /** The last input fails: nothing of it is recorded. */
  thenFails(error: ErrorClass): void;
}

/**
 * `givenProcess(run, requested, accepted('debit')).when(declined('credit', refusal)).then({ commands: [refund] })`. All
 * events are of one instance. `react` is asked twice, and must say the same. A sentence without its last part checks
 * nothing.
 */
export const givenProcess = <State, Registries extends readonly EventRegistry[]>(
  manager: ProcessManager<State, Registries>,
  ...history: readonly ProcessInput<Registries>[]
): WhenProcess<State, Registries> => ({ when: (...inputs) => new Scenario(manager, history, inputs) });

type Rules = ProcessManager['aggregate'];
type Told = Parameters<Rules['decide']>[0];
type Decided = ReturnType<Rules['decide']>[number];

const BEGIN_MS = Date.UTC(2026, 0, 1);

class Scenario<State, Registries extends readonly EventRegistry[]> implements ProcessScenario<State> {
  readonly #manager: ProcessManager<State, Registries>;
  readonly #history: readonly ProcessInput<Registries>[];
  readonly #inputs: readonly ProcessInput<Registries>[];
  #instance: ReturnType<Rules['evolve']>;
  #key: string | undefined;
  #now = BEGIN_MS;
  #events = 0;

  constructor(manager: ProcessManager<State, Registries>, history: readonly ProcessInput<Registries>[], inputs: readonly ProcessInput<Registries>[]) {
    this.#manager = manager;
    this.#history = history;
    this.#inputs = inputs;
    this.#instance = manager.aggregate.initialState;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- the sentence reads given, when, then; a forgotten last part is caught below
  then(expected: ThenProcess<State>): void {
    // An object with `then` looks like a promise: an `await` or a test runner calls this if the last part is missing.
    if (typeof expected === 'function') throw new TypeError('finish the sentence: then({…}), thenNothing() or thenFails(…)');
    if (Object.keys(expected).length === 0)
      throw new TypeError('then({}) checks nothing: name commands, effects, deadlines, state, isEnded or stuck');
    const decided = this.#run();
    const { commands, effects, deadlines, state, isEnded, stuck } = expected;
    const found = this.#instance;
    const pending = Object.fromEntries(Object.values(found.deadlines).map(({ name, at }) => [name, at]));
    // In an object each, so that the difference tells which part it is of.
    if (commands) assert.deepEqual({ commands: decided.flatMap(commandIn) }, { commands: commands.map(shownCommand) });
    if (effects) assert.deepEqual({ effects: decided.flatMap(effectIn) }, { effects: effects.map(shownEffect) });
    if (deadlines) assert.deepEqual({ deadlines: pending }, { deadlines });
    if ('state' in expected) assert.deepEqual({ state: found.state }, { state });
    if (isEnded !== undefined) assert.equal(found.isEnded, isEnded, `the instance has ${found.isEnded ? '' : 'not '}ended`);
    if (stuck) assert.deepEqual({ stuck: Object.values({ ...found.stuck, ...found.givenUp }).map(({ step }) => step) }, { stuck });
  }

  thenNothing(): void {
    const decided = this.#run().filter(({ type }) => FOLLOWS.has(type));
    assert.deepEqual(decided, []);
  }

  thenFails(error: ErrorClass): void {
    const last = this.#inputs.at(-1);
    assert.ok(last, 'when needs an input that fails');
    for (const input of [...this.#history, ...this.#inputs.slice(0, -1)]) this.#take(input);
    assert.throws(
      () => this.#take(last),
      (thrown) => thrown instanceof error || assert.fail(`fails with ${String(thrown)}, not with ${error.name}`) === undefined,
    );
  }

  /** What the inputs of `when` lead to. */
  #run(): readonly Decided[] {
    for (const input of this.#history) this.#take(input);
    return this.#inputs.flatMap((input) => this.#take(input));
  }

  #take(input: ProcessInput<Registries>): readonly Decided[] {
    if ('type' in input) return this.#takeEvent(input);
    if (input.kind === 'passed') return this.#pass(input);
    return isOfEffect(input) ? this.#takeEffectOutcome(input) : this.#takeOutcome(input);
  }

  #takeEvent(happened: HappenedEvent<Registries>): readonly Decided[] {
    const { name, registries, types, key } = this.#manager;
    assert.ok(types.includes(happened.type), `${name} takes no ${happened.type}; it takes ${types.join(', ')}`);
    const event = recordedAs(registries, happened, this.#events++, this.#time);
    const of = key(event);
    assert.ok(of !== null, `${happened.type} of ${happened.stream} belongs to no instance of ${name}: its key is null`);
    this.#key ??= of;
    assert.equal(of, this.#key, `${happened.type} of ${happened.stream} belongs to another instance of ${name}`);
    return this.#tell({ kind: 'take-in', source: storedSource(event, registries) });
  }

  #takeEffectOutcome({ kind, step, result, refusal = { code: '', message: '' } }: EffectOutcome): readonly Decided[] {
    const open = Object.entries(this.#instance.effects);
    const found = open.findLast(([, asked]) => asked.step === step);
    assert.ok(found, `no effect is without an outcome as step ${step}; such steps: ${open.map(([, asked]) => asked.step).join(', ') || 'none'}`);
    const [request, { attempt }] = found;
    if (kind === 'succeeded') return this.#tell({ kind: 'succeed', request, ...(result && { result }) });
    const { code, message } = refusal;
    return this.#tell({ kind: 'fail', request, attempt, code, message, at: this.#time, isFinal: true });
  }

  #takeOutcome({ kind, step, refusal = { code: '', message: '' } }: Outcome): readonly Decided[] {
    const open = kind === 'late' ? this.#instance.declined : this.#instance.pending;
    const found = Object.entries(open).findLast(([, asked]) => asked.step === step);
    const steps = Object.values(open).map((asked) => asked.step);
    const what = kind === 'late' ? 'was declined' : 'is without an outcome';
    assert.ok(found, `no command ${what} as step ${step}; such steps: ${steps.join(', ') || 'none'}`);
    const [request] = found;
    const { code, message } = refusal;
    return this.#tell(kind === 'declined' ? { kind: 'decline', request, code, message } : { kind: 'accept', request });
  }

  #pass({ milliseconds }: TimePassed): readonly Decided[] {
    assert.ok(Number.isSafeInteger(milliseconds) && milliseconds >= 0, 'passed(…) takes whole milliseconds from 0');
    const until = this.#now + milliseconds;
    const decided: Decided[] = [];
    for (;;) {
      const due = Object.entries(this.#instance.deadlines)
        .filter(([, { at }]) => Date.parse(at) <= until)
        .toSorted(([, one], [, other]) => Date.parse(one.at) - Date.parse(other.at))[0];
      if (!due) break;
      this.#now = Math.max(this.#now, Date.parse(due[1].at));
      decided.push(...this.#tell({ kind: 'reach', deadline: due[0] }));
      assert.ok(decided.length < DECIDED_MAX, `its deadlines set each other without an end: ${due[1].name}`);
    }
    this.#now = until;
    return decided;
  }

  #tell(told: Told): readonly Decided[] {
    const { aggregate } = this.#manager;
    const circumstances = Object.freeze({ now: this.#time, metadata: Object.freeze({}) });
    const decided = aggregate.decide(told, this.#instance, circumstances);
    assert.deepEqual(aggregate.decide(told, this.#instance, circumstances), decided, 'react is not pure: asked again, it says something else');
    for (const event of decided) {
      aggregate.events.validate(event);
      this.#instance = aggregate.evolve(this.#instance, freezeJson(event));
    }
    return decided;
  }

  get #time(): string {
    return new Date(this.#now).toISOString();
  }
}

const isOfEffect = (outcome: Outcome | EffectOutcome): outcome is EffectOutcome => outcome.kind === 'succeeded' || outcome.kind === 'failed';

const DECIDED_MAX = 10_000;

/** What follows from an input, as far as people see it. */
const FOLLOWS: ReadonlySet<string> = new Set(['CommandRequested', 'EffectRequested', 'DeadlineSet', 'DeadlineCancelled', 'ProcessEnded']);

const commandIn = (event: Decided): readonly ShownCommand[] => {
  if (event.type !== 'CommandRequested') return [];
  const { step, category, id, command, data } = event.data;
  return [{ step, to: `${category}-${id}`, command, data }];
};

const effectIn = (event: Decided): readonly ShownEffect[] => {
  if (event.type !== 'EffectRequested') return [];
  const { step, effect, data } = event.data;
  return [{ step, effect, data }];
};
