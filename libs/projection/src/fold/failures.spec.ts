// How the engine treats every error.
import { MainstemError, OperationAborted, type Position, type RecordedEvent } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { ForeignEventStore, ProjectionChanged, TooManyParked } from '../generations/errors.js';
import { CheckpointMoved, FingerprintMismatch, InvalidDocument, ReadStoreUnavailable } from '../read-store/errors.js';
import { RebuildNotVerified } from '../generations/errors.js';
import { BatchRefused } from './batch-refused.js';
import { failureOf } from './failures.js';

const event = (place: number): RecordedEvent =>
  ({ position: BigInt(place) as Position, type: 'Added', stream: 'tally-a' }) as unknown as RecordedEvent;

describe('failureOf', () => {
  it.each([
    ['fenced', new CheckpointMoved('p', 1)],
    ['changed', new ProjectionChanged('p', 1)],
    ['fatal', new ForeignEventStore('p', 'a', 'b')],
    ['fatal', new TooManyParked('p', 1)],
    ['fatal', new RebuildNotVerified('p', 1, 'a', 'b')],
    ['outage', new ReadStoreUnavailable('sql', 'gone')],
    ['outage', new FingerprintMismatch('p', 1)],
    ['outage', new OperationAborted('read')],
    ['outage', new InvalidDocument('c', 'k', 'odd')],
    ['outage', new Error('anything')],
    ['outage', 'not even an error'],
  ])('is %s for %s', (kind, error) => {
    expect(failureOf(error, 'p').kind).toBe(kind);
  });

  it('reports the code and the message', () => {
    expect(failureOf(new MainstemError('SOME_CODE', 'do this'), 'p').reason).toBe('SOME_CODE: do this');
    expect(failureOf(new TypeError('oh'), 'p').reason).toBe('TypeError: oh');
  });

  it('names the event of a batch of one, and the end of a larger batch', () => {
    const cause = new Error('cannot');
    expect(failureOf(new BatchRefused([event(7)], 'k', cause), 'p')).toEqual({
      kind: 'poison',
      position: 7n,
      key: 'k',
      reason: 'PROJECTION_FAILED: Projection p failed on Added at position 7 (key k): cannot',
    });
    expect(failureOf(new BatchRefused([event(7), event(9)], 'k', cause), 'p')).toMatchObject({ kind: 'refused', size: 2, until: 9n });
  });
});
