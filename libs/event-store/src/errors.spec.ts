// Promises of the errors: a stable code to branch on.
import { describe, expect, it } from 'vitest';
import { assertNever, InvalidInput, isMainstemError, OperationAborted, throwIfAborted } from './errors.js';

describe('isMainstemError', () => {
  it('holds for our errors, also for those of another copy of the package', () => {
    const foreignCopy = Object.assign(new Error('x'), { code: 'EVENT_STORE_INVALID_INPUT', [Symbol.for('mainstem.error')]: true });
    for (const error of [new InvalidInput('a', 'b'), foreignCopy]) {
      expect(isMainstemError(error)).toBe(true);
      expect(isMainstemError(error, 'EVENT_STORE_CLOSED', 'EVENT_STORE_INVALID_INPUT')).toBe(true);
      expect(isMainstemError(error, 'EVENT_STORE_CLOSED')).toBe(false);
    }
  });

  it('does not hold for any other value', () => {
    const ofNode = Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR' });
    for (const error of [new Error('x'), ofNode, { code: 'EVENT_STORE_CLOSED' }, null, undefined, 'x']) {
      expect(isMainstemError(error)).toBe(false);
    }
  });
});

describe('an error', () => {
  it('is named for its class and keeps its cause', () => {
    const cause = new Error('why');
    const error = new OperationAborted('append', cause);
    expect([error.name, error.cause, error.code]).toEqual(['OperationAborted', cause, 'EVENT_STORE_ABORTED']);
  });

  it('is thrown for a signal that has fired, with the reason of the signal', () => {
    expect(() => throwIfAborted(AbortSignal.abort('enough'), 'read')).toThrow(
      expect.objectContaining({ code: 'EVENT_STORE_ABORTED', cause: 'enough' }),
    );
    throwIfAborted(new AbortController().signal, 'read');
    throwIfAborted(undefined, 'read');
  });

  it('names the missing case', () => {
    expect(() => assertNever('x' as never)).toThrow(TypeError);
  });
});
