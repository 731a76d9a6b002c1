// Promises of guessing which name was meant.
import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

describe('nearestName', () => {
  it.each([
    ['shema', ['prefix', 'schema'], 'schema'],
    ['statement_timeuot', ['lock_timeout', 'statement_timeout'], 'statement_timeout'],
    ['READ_STORE_SLQ', ['READ_STORE_SQL', 'READ_STORE_CACHE'], 'READ_STORE_SQL'],
    ['--prot', ['--port', '--host'], '--port'],
    ['STATUS', ['status', 'rebuild'], 'status'],
  ])('takes %s for one of %j', (name, known, meant) => expect(nearestName(name, known)).toBe(meant));

  it.each([
    ['EVENT_STORE_PORT', ['EVENT_STORE', 'EVENT_STORE_PASSWORD']],
    ['xy', ['ab', 'cd']],
    ['', ['a']],
    ['anything', []],
  ])('finds nothing near %s in %j', (name, known) => expect(nearestName(name, known)).toBeUndefined());
});
