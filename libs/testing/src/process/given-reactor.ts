// Given / when / then for reactors: one event in, commands and effects out.
import assert from 'node:assert/strict';
import type { EventRegistry } from '@mainstem/event-store';
import type { Perform, Reactor, Send } from '@mainstem/process';
import type { HappenedEvent } from './process-input.js';
import { recordedAs } from './recorded-as.js';
import { shownCommand, shownEffect } from './sent-commands.js';

export interface ReactorScenario {
  /** The event leads to exactly these commands and effects, in this order. */
  then(asked: readonly (Send | Perform)[]): void;
  thenNothing(): void;
}

/**
 * `givenReactor(welcome).when({ stream: 'account-a', type: 'Opened', data }).then([send(…)])`. `react` is asked twice,
 * and must say the same. A sentence without its last part checks nothing. A `react` that is asynchronous is refused:
 * run such a reactor in a `Projector`.
 */
export const givenReactor = <Registries extends readonly EventRegistry[]>(
  reactor: Reactor<Registries>,
): { when(event: HappenedEvent<Registries>): ReactorScenario } => ({ when: (event) => new Reaction(reactor, event) });

class Reaction<Registries extends readonly EventRegistry[]> implements ReactorScenario {
  readonly #reactor: Reactor<Registries>;
  readonly #event: HappenedEvent<Registries>;

  constructor(reactor: Reactor<Registries>, event: HappenedEvent<Registries>) {
    this.#reactor = reactor;
    this.#event = event;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- the sentence reads given, when, then; a forgotten last part is caught below
  then(expected: readonly (Send | Perform)[]): void {
    // An object with `then` looks like a promise: an `await` or a test runner calls this if the last part is missing.
    if (typeof expected === 'function') throw new TypeError('finish the sentence: then([…]) or thenNothing()');
    const { registries, functions, key } = this.#reactor;
    const event = recordedAs(registries, this.#event, 0, '2026-01-01T00:00:00.000Z');
    const react = (): readonly (Send | Perform)[] => {
      const asked = key?.(event) === null ? [] : (functions.of(event)?.(event) ?? []);
      if (asked instanceof Promise) throw new TypeError('react waits for something: run this reactor in a Projector, by hostReactor');
      return asked;
    };
    const sent = react().map(shown);
    assert.deepEqual(react().map(shown), sent, 'react is not pure: asked again, it says something else');
    assert.deepEqual(sent, expected.map(shown));
  }

  thenNothing(): void {
    this.then([]);
  }
}

const shown = (one: Send | Perform): object => (one.kind === 'send' ? shownCommand(one) : shownEffect(one));
