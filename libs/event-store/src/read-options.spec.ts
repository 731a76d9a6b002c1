// Promises of the checks that all readers share; what they refuse is in the contract suite.
import { describe, expect, it } from 'vitest';
import { position, revision, streamName } from './identifiers.js';
import { checkAllRead, checkStreamRead, checkSubscription, isWanted } from './read-options.js';

describe('read options', () => {
  it('default to everything, forwards, in batches of 1,000', () => {
    expect(checkAllRead({})).toEqual({ isBackwards: false, after: undefined, limit: Infinity, filter: {}, batchSize: 1_000, needsPayload: true });
    expect(checkStreamRead(streamName('a-1'), {})).toEqual({ stream: 'a-1', isBackwards: false, from: undefined, limit: Infinity });
    const { signal } = new AbortController();
    expect(checkSubscription({ after: undefined, signal })).toEqual({ after: undefined, filter: {}, batchSize: 1_000, signal });
  });

  it('are kept as they are when they are valid', () => {
    const filter = { types: ['A'], streamPrefixes: ['a-'] };
    const read = checkAllRead({ direction: 'backwards', after: position(3n), limit: 0, filter, batchSizeMax: 100_000, needsPayload: false });
    expect(read).toEqual({ isBackwards: true, after: 3n, limit: 0, filter, batchSize: 100_000, needsPayload: false });
    expect(checkStreamRead(streamName('a-1'), { direction: 'forwards', from: revision(0n), limit: 5 })).toMatchObject({ from: 0n, limit: 5 });
  });

  it('keep the filter that was given when the caller changes its lists', () => {
    const types = ['A'];
    const { filter } = checkAllRead({ filter: { types } });
    types.push('B');
    expect(filter.types).toEqual(['A']);
  });

  it('want an event that has one of the types and one of the prefixes', () => {
    const event = { type: 'A', stream: 'order-1' };
    expect(isWanted(event, {})).toBe(true);
    expect(isWanted(event, { types: ['B', 'A'], streamPrefixes: ['x-', 'order-'] })).toBe(true);
    for (const filter of [
      { types: [] },
      { streamPrefixes: [] },
      { types: ['A'], streamPrefixes: ['x-'] },
      { types: ['B'], streamPrefixes: ['order-'] },
    ]) {
      expect(isWanted(event, filter)).toBe(false);
    }
  });
});
