import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Consumer } from './consumer.js';
import { eventAt, messageAt } from './message-of-tests.js';
import { newMessage, type Message } from './message.js';
import { strategyOf } from './strategies.js';
import type { Strategy } from './strategy.js';

const consumerOf = (slots: number, connectionName = ''): Consumer =>
  new Consumer({ outlet: { send: () => undefined, hasRoom: true, drop: () => undefined }, slots, connectionName, username: '', timings: undefined });

/** The consumer of each message; `later` or `full` if none gets it. */
const given = (strategy: Strategy, messages: readonly Message[]): readonly string[] =>
  messages.map((message) => {
    const choice = strategy.choose(message);
    if (typeof choice === 'string') return choice;
    choice.push(message);
    return choice.options.connectionName;
  });

const some = (count: number, from = 0): readonly Message[] => Array.from({ length: count }, (_, n) => messageAt(from + n));
const withTwo = (name: Parameters<typeof strategyOf>[0], slots: number): { strategy: Strategy; one: Consumer; two: Consumer } => {
  const strategy = strategyOf(name);
  const [one, two] = [consumerOf(slots, 'one'), consumerOf(slots, 'two')];
  strategy.add(one);
  strategy.add(two);
  return { strategy, one, two };
};

describe('round robin', () => {
  it('takes turns, and passes over full consumers', () => {
    const { strategy, one } = withTwo('RoundRobin', 2);
    expect(given(strategy, some(5))).toEqual(['one', 'two', 'one', 'two', 'full']);
    one.release('s-1#0');
    expect(given(strategy, some(2, 5))).toEqual(['one', 'full']);
  });
});

describe('dispatch to single', () => {
  it('gives everything to one consumer until it is full', () => {
    const { strategy } = withTwo('DispatchToSingle', 3);
    expect(given(strategy, some(7))).toEqual(['one', 'one', 'one', 'two', 'two', 'two', 'full']);
  });

  it('goes on with the next consumer when the first has gone', () => {
    const { strategy, one } = withTwo('DispatchToSingle', 3);
    strategy.remove(one);
    expect(given(strategy, some(1))).toEqual(['two']);
  });
});

describe('pinned', () => {
  it('gives all events of a stream to one connected consumer, whatever else comes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 100 }), (streams) => {
        const { strategy } = withTwo('Pinned', 1_000);
        const owners = new Map<number, Set<string>>();
        for (const [n, stream] of streams.entries()) {
          const [owner = ''] = given(strategy, [messageAt(n, `s-${stream}`)]);
          owners.set(stream, (owners.get(stream) ?? new Set()).add(owner));
        }
        for (const ofStream of owners.values()) expect(ofStream.size).toBe(1);
      }),
    );
  });

  it('shares streams evenly', () => {
    const { strategy } = withTwo('Pinned', 1_000);
    const owners = given(
      strategy,
      Array.from({ length: 200 }, (_, n) => messageAt(n, `s-${n}`)),
    );
    expect(Math.abs(owners.filter((owner) => owner === 'one').length - 100)).toBeLessThan(20);
  });

  it('lets messages wait for their consumer, and lets others pass', () => {
    const { strategy } = withTwo('Pinned', 1);
    expect(given(strategy, [messageAt(0, 'a'), messageAt(1, 'a'), messageAt(2, 'b'), messageAt(3, 'a')])).toEqual(['one', 'later', 'two', 'full']);
  });

  it('gives the streams of a consumer that has gone to the others', () => {
    const { strategy, one } = withTwo('Pinned', 10);
    expect(given(strategy, [messageAt(0, 'a')])).toEqual(['one']);
    strategy.remove(one);
    expect(given(strategy, [messageAt(1, 'a')])).toEqual(['two']);
  });

  it('gives a new consumer its share, idle streams first', () => {
    const strategy = strategyOf('Pinned');
    const [one, two] = [consumerOf(100, 'one'), consumerOf(100, 'two')];
    strategy.add(one);
    given(
      strategy,
      ['a', 'b', 'c', 'd'].map((stream, n) => messageAt(n, stream)),
    );
    for (const [n, stream] of ['a', 'b'].entries()) for (const message of one.release(`${stream}#${n}`)) strategy.answered(one, message);
    strategy.add(two);
    expect(
      given(
        strategy,
        ['a', 'b', 'c', 'd'].map((stream, n) => messageAt(10 + n, stream)),
      ),
    ).toEqual(['two', 'two', 'one', 'one']);
  });

  it('finds the stream behind links that were not followed or have no target', () => {
    const strategy = strategyOf('Pinned');
    strategy.add(consumerOf(1, 'one'));
    strategy.add(consumerOf(1, 'two'));
    const link = eventAt(0, '$ce-a', { type: '$>', data: Buffer.from('5@a-1') });
    const messages = [messageAt(1, 'a-1'), newMessage({ event: undefined, link }, 0), newMessage({ event: link, link: undefined }, 0)];
    expect(given(strategy, messages)).toEqual(['one', 'later', 'later']);
  });

  it('by correlation uses the id in the metadata, else the stream', () => {
    const strategy = strategyOf('PinnedByCorrelation');
    strategy.add(consumerOf(1, 'one'));
    strategy.add(consumerOf(1, 'two'));
    const metadata = Buffer.from('{"$correlationId":"c"}');
    const correlated = ['a', 'b'].map((stream, n) => newMessage({ event: eventAt(n, stream, { metadata }), link: undefined }, n));
    expect(given(strategy, [...correlated, messageAt(2, 'a')])).toEqual(['one', 'later', 'two']);
  });
});
