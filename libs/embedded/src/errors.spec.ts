// Promises of what errors of files advise.
import { describe, expect, it } from 'vitest';
import { FileCorrupt } from './errors.js';

describe('a damaged file', () => {
  it('is to be restored where nothing else has its events', () => {
    const { message } = new FileCorrupt({ owner: { codePrefix: 'EVENT_STORE', name: 'event store' }, path: '/shop/events.db' }, 'malformed');
    expect(message).toBe('/shop/events.db is not a readable event store: malformed. Restore it from a backup; keep the damaged file.');
  });

  it.each(['cache', 'search index'])('is to be filled anew where it holds read models, as a %s', (name) => {
    const { message } = new FileCorrupt({ owner: { codePrefix: 'READ_STORE', name }, path: '/shop/models.db' }, 'malformed');
    expect(message).not.toContain('backup');
    expect(message).toMatch(/ and start the projector again\. `mainstem status` shows /);
  });
});
