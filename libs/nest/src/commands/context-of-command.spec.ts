// Every copy of this package in the process finds the context of a command.
import { describe, expect, it, vi } from 'vitest';
import { withContext } from './context-of-command.js';

describe('the context of a command', () => {
  it('is found by another copy of the module', async () => {
    const command = withContext({ cents: 1 }, { commandId: 'key-1' });
    vi.resetModules();
    const copy = await import('./context-of-command.js');
    expect(copy.withContext).not.toBe(withContext);
    expect(copy.contextOf(command)).toEqual({ commandId: 'key-1' });
    expect(copy.contextOf({ cents: 1 })).toBeUndefined();
  });
});
