import { OperationAborted, revision, WrongExpectedRevision } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { errorOfFinding, isRefused, isTransient, redactor, translateError } from './translate-error.js';

const clientError = (fields: object, message = 'it went wrong'): Error => Object.assign(new Error(message), fields);
const operation = { name: 'append', stream: 'order-1', expected: revision(7n), bytes: 2_000 };
const translated = (fields: object, message?: string): Error => translateError(clientError(fields, message), operation, redactor('s3cret/'));

describe('an error of the client', () => {
  it.each([
    [{ type: 'unavailable', code: 14 }, 'EVENT_STORE_UNAVAILABLE'],
    [{ type: 'cancelled', code: 1 }, 'EVENT_STORE_UNAVAILABLE'],
    [{ type: 'timeout', code: 10 }, 'EVENT_STORE_UNAVAILABLE'],
    [{ type: 'deadline-exceeded' }, 'EVENT_STORE_UNAVAILABLE'],
    [{ type: 'not-leader', code: 5 }, 'EVENT_STORE_UNAVAILABLE'],
    [{ type: 'unknown', code: 1 }, 'EVENT_STORE_UNAVAILABLE'],
    [{ code: 14 }, 'EVENT_STORE_UNAVAILABLE'],
    [{ type: 'unknown', code: 2 }, 'EVENT_STORE_FAILED'],
    [{ type: 'unknown' }, 'EVENT_STORE_FAILED'],
    [{ code: 3 }, 'EVENT_STORE_FAILED'],
    [{}, 'EVENT_STORE_FAILED'],
    [{ type: 'access-denied', code: 7 }, 'EVENT_STORE_ACCESS_DENIED'],
    [{ code: 16 }, 'EVENT_STORE_ACCESS_DENIED'],
    [{ type: 'stream-deleted' }, 'EVENT_STORE_STREAM_DELETED'],
    [{ type: 'wrong-expected-version', actualVersion: 9n }, 'EVENT_STORE_WRONG_EXPECTED_REVISION'],
    [{ type: 'not-handled', code: 0 }, 'EVENT_STORE_UNAVAILABLE'],
    [{ type: 'maximum-append-event-size-exceeded', maxAppendSize: 1_024 }, 'EVENT_STORE_EVENT_TOO_LARGE'],
    [{ type: 'maximum-append-size-exceeded', maxAppendSize: 1_024 }, 'EVENT_STORE_EVENT_TOO_LARGE'],
  ])('of %o becomes %s', (fields, code) => {
    expect(translated(fields)).toMatchObject({ code });
  });

  it('that says only in words that the node is not ready counts as a failed connection', () => {
    for (const message of ['Server Is Not Ready', 'Server Is Busy', 'No leader info available in response']) {
      expect(translated({ type: 'unknown', code: 2 }, message)).toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE' });
    }
  });

  it('without type and code, thrown while the client looks for a node, means that none was found; a mistake of a program stays as it is', () => {
    const notFound = errorOfFinding(new Error('Failed to discover after 10 attempts, esdb://admin:s3cret@host'), 'read');
    expect(notFound).toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE', message: expect.stringContaining('Failed to discover') as string });
    expect(String(notFound)).not.toContain('s3cret');
    for (const error of [new TypeError('x'), clientError({ code: 16 }), clientError({ type: 'access-denied' })]) {
      expect(errorOfFinding(error, 'read')).toBe(error);
    }
  });

  it('gives the reason of the system and the address that does not answer', () => {
    const words = '14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:2113. Resolution note: ';
    expect(translated({ type: 'unavailable', code: 14 }, words)).toMatchObject({ reason: 'connect ECONNREFUSED 127.0.0.1:2113' });
    expect(errorOfFinding(new Error('Failed to discover after 10 attempts.'), 'read', 'connect ECONNREFUSED 10.0.0.1:2113')).toMatchObject({
      reason: 'Failed to discover after 10 attempts: connect ECONNREFUSED 10.0.0.1:2113',
    });
  });

  it.each([
    [{ code: 14 }, 'connect ECONNREFUSED 127.0.0.1:2113', true],
    [{ code: 14 }, 'Name resolution failed for target dns:nowhere:2113', true],
    [{ type: 'unavailable' }, 'getaddrinfo ENOTFOUND nowhere', true],
    [{ code: 14 }, 'read ECONNRESET', false],
    [{ code: 2 }, 'a projection has said ECONNREFUSED', false],
    [{ type: 'not-leader' }, 'connect ECONNREFUSED 127.0.0.1:2113', false],
  ])('of %o that says %s is a refusal: %s', (fields, message, isOne) => {
    expect(isRefused(clientError(fields, message))).toBe(isOne);
  });

  it('of a wrong version keeps the revision that was asked for, and the actual one', () => {
    expect(translated({ type: 'wrong-expected-version', actualVersion: 9n })).toMatchObject({ stream: 'order-1', expected: '7', actual: 9n });
    expect(translated({ type: 'wrong-expected-version', actualVersion: 'no_stream' })).toMatchObject({ actual: null });
  });

  it('that is already ours stays as it is', () => {
    const ours = new WrongExpectedRevision('order-1', '7', 9n);
    expect(translateError(ours, operation, redactor(undefined))).toBe(ours);
    expect(isTransient(new OperationAborted('append'))).toBe(false);
  });

  it('never shows the password, plain or encoded, or the request that caused it', () => {
    for (const type of ['unavailable', 'access-denied', 'stream-deleted', 'unknown']) {
      const error = translated({ type, _raw: { request: 's3cret/' } }, 'dialling esdb://admin:s3cret%2F@host with s3cret/ failed');
      const told = JSON.stringify([error, error.cause], (_, value: unknown) =>
        value instanceof Error ? Object.fromEntries(Object.getOwnPropertyNames(value).map((name) => [name, value[name as keyof Error]])) : value,
      );
      expect(told).not.toMatch(/s3cret/);
      expect(told).toMatch(/dialling|Use another name/);
    }
  });
});
