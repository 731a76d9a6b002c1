// Every kind of failure, by its origin: the one table for all projections.
import { MainstemError } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { CheckpointMoved, InvalidDocument, ReadStoreOverburdened, ReadStoreUnavailable, StatementRefused } from '../read-store/errors.js';
import { ProjectionChanged } from '../generations/errors.js';
import { failureClassOf } from './failure-class.js';

const coded = (code: string): MainstemError => new MainstemError(code, 'said so');

describe('the class of a failure', () => {
  it.each([
    ['trouble', 'trouble', new ReadStoreUnavailable('sql', 'gone')],
    ['trouble', 'trouble', coded('READ_STORE_READ_ONLY')],
    ['trouble', 'trouble', coded('READ_STORE_PERMISSION_DENIED')],
    ['trouble', 'trouble', coded('READ_STORE_DISK_FULL')],
    ['trouble', 'trouble', coded('READ_STORE_BUSY')],
    ['trouble', 'trouble', coded('EVENT_STORE_UNAVAILABLE')],
    ['batch', 'batch', new ReadStoreOverburdened('sql', 'takes too long')],
    ['event', 'event', new InvalidDocument('c', 'k', 'odd')],
    ['fenced', 'fenced', new CheckpointMoved('p', 1)],
    ['changed', 'event', new ProjectionChanged('p', 1)],
    ['mistake', 'event', new StatementRefused('sql', 'no column x')],
    ['mistake', 'event', coded('READ_STORE_UNSUPPORTED_ENTITY')],
    ['mistake', 'event', coded('PROJECTION_INVALID_DEFINITION')],
    ['trouble', 'event', coded('ORDER_ALREADY_SHIPPED')],
    ['trouble', 'event', new TypeError('x is not a function')],
    ['trouble', 'event', 'not even an error'],
  ])('is %s of the store and %s in a handler for %s', (ofStore, inHandler, error) => {
    expect(failureClassOf(error)).toBe(ofStore);
    expect(failureClassOf(error, 'handler')).toBe(inHandler);
  });
});
