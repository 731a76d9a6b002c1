// A projection that is asked for again: the same one changes nothing, another one with its name is refused.
import { describe, expect, it } from 'vitest';
import { addAggregate, addProjection, changesOf, newApplication, type Files } from './index.js';
import type { StoreName } from './request/projection-model.js';

const shop = addAggregate(
  newApplication({ name: 'my-shop', eventStore: 'embedded', sql: 'sqlite', cache: 'embedded', search: 'embedded' }, { versionOf: () => '^0.1.0' }),
  { name: 'Ticket', events: 'Opened(agent:string, topic:string), Assigned(agent:string), Closed()' },
);
const asked = (store: StoreName, key: string, events = 'Ticket.Opened') => ({ name: 'ticket-board', store, key, events });
const taken = (words: string) => expect.objectContaining({ code: 'SCHEMATICS_NAME_TAKEN', message: expect.stringContaining(words) });
const edited = (files: Files, path: string, from: string | RegExp, to: string): Files => {
  const text = files.get(path) ?? '';
  expect(text.replace(from, to)).not.toBe(text);
  return new Map([...files, [path, text.replace(from, to)]]);
};

describe('a projection that is there', () => {
  it.each([
    ['cache', 'stream', 'agent', 'with the key stream and not agent'],
    ['cache', 'agent', 'stream', 'with the key agent and not stream'],
    ['sql', 'agent', 'topic', 'with the key agent and not topic'],
    ['search', 'agent', 'stream', 'with the key agent and not stream'],
  ] as const)('is not asked for with another key: %s, %s, %s', (store, key, other, words) =>
    expect(() => addProjection(addProjection(shop, asked(store, key)), asked(store, other))).toThrow(taken(words)),
  );

  it('is not asked for with events that it does not read', () =>
    expect(() => addProjection(addProjection(shop, asked('sql', 'stream')), asked('sql', 'stream', 'Ticket.Opened, Ticket.Closed'))).toThrow(
      taken('does not read TicketClosed'),
    ));

  it('exports what is registered', () => {
    const path = 'apps/sql-projector/src/ticket-board.projection.ts';
    const renamed = edited(addProjection(shop, asked('sql', 'stream')), path, /TicketBoard\b/g, 'Board');
    expect(() => addProjection(renamed, asked('sql', 'stream'))).toThrow(taken('does not export TicketBoard'));
  });

  it('leaves a controller of that name alone', () =>
    expect(() =>
      addProjection(new Map([...shop, ['apps/query-api/src/ticket-board.controller.ts', 'export class Mine {}\n']]), asked('sql', 'stream')),
    ).toThrow(taken('does not export TicketBoardController')));

  it.each([
    ['(event) => event.stream', '({ stream }) => stream.toLowerCase()'],
    ['(event) => event.stream', 'keyOf'],
    ["status: 'opened'", "status: 'open'"],
    ['  evolve: {\n', '  evolve: {\n    TicketClosed: () => null,\n'],
    ['  evolve: {\n', '  evolve: {\n    ...others,\n'],
  ])('is the same one after an edit: %j to %j', (from, to) => {
    const path = 'apps/cache-projector/src/ticket-board.projection.ts';
    const changed = edited(addProjection(shop, asked('cache', 'stream')), path, from, to);
    expect(changesOf(changed, addProjection(changed, asked('cache', 'stream')))).toEqual(new Map());
  });
});

describe('a key', () => {
  it.each(['before', 'found', 'manager', 'sql', 'cache', 'search', 'document'])('may be a field %s: no local of the code has its name', (key) => {
    const fields = addAggregate(shop, { name: 'Visit', events: `Noted(${key}:string)` });
    for (const store of ['sql', 'cache', 'search'] as const) {
      const files = changesOf(fields, addProjection(fields, { name: 'visits', store, key, events: 'Visit.Noted' }));
      for (const [, text] of files) {
        expect(text).not.toContain(`') ${key}: string`);
        expect(text).not.toContain(`{ stream }, ${key})`);
      }
    }
  });
});
