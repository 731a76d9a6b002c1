// Promises of derived ids.
import { describe, expect, it } from 'vitest';
import { commandIdOf, eventIdOf, uuidV5 } from './event-ids.js';
import { eventId, streamName } from './identifiers.js';

const bytes = (uuid: string): Uint8Array => Buffer.from(uuid.replaceAll('-', ''), 'hex');
// RFC 9562, section 6.6.
const DNS = bytes('6ba7b810-9dad-11d1-80b4-00c04fd430c8');

describe('uuidV5', () => {
  it.each([
    // The documentation of Python's uuid module.
    ['python.org', '886313e1-3b8a-5372-9b90-0c9aee199e5d'],
    // RFC 9562, appendix A.4.
    ['www.example.com', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
  ])('gives the published id of %s', (name, uuid) => {
    expect(uuidV5(DNS, name)).toBe(uuid);
  });
});

describe('eventIdOf', () => {
  const [one, two] = [streamName('order-1'), streamName('order-2')];

  it('gives the same id for the same command, stream and index, and it is a valid one', () => {
    const id = eventIdOf('command', one, 0);
    expect(eventIdOf('command', one, 0)).toBe(id);
    expect(eventId(id)).toBe(id);
  });

  it('gives another id when any of them differs', () => {
    const ids = [
      eventIdOf('c', one, 0),
      eventIdOf('c', one, 1),
      eventIdOf('c', two, 0),
      eventIdOf('d', one, 0),
      eventIdOf('c', one, 10),
      commandIdOf('c'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
