// Which projections a command works on when two read stores have one of the same name.
import { defineEvents } from '@mainstem/event-store';
import { documentProjection } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { chosenProjections } from './chosen-projections.js';

class Counted {}
const define = (name: string) =>
  documentProjection({
    name,
    version: 1,
    document: class {},
    events: [defineEvents('counter', { Counted })],
    key: (event) => event.stream,
    evolve: { Counted: () => ({}) },
  });
const [sql, cache] = [new MemoryReadStore('sql'), new MemoryReadStore('cache')];
const [totals, other] = [define('totals'), define('other')];
const projections = [
  { projection: totals, store: sql },
  { projection: totals, store: cache },
  { projection: other, store: cache },
];
const names = (choice: Parameters<typeof chosenProjections>[1]): readonly string[] =>
  chosenProjections(projections, choice).map(({ projection, store }) => `${projection.name} ${store.name}`);

describe('a projection in two read stores', () => {
  it('needs the name of its store, and the message lists the stores', () => {
    expect(() => names({ names: ['totals'], isAll: false })).toThrow(/totals is in several read stores: sql, cache.*--store/);
    expect(names({ names: ['totals'], isAll: false, store: 'cache' })).toEqual(['totals cache']);
    expect(names({ names: ['other'], isAll: false })).toEqual(['other cache']);
    expect(() => names({ names: ['other'], isAll: false, store: 'sql' })).toThrow(/There is no projection other/);
  });

  it('is chosen in all stores with --all, or in one store', () => {
    expect(names({ names: [], isAll: true })).toEqual(['totals sql', 'totals cache', 'other cache']);
    expect(names({ names: [], isAll: true, store: 'sql' })).toEqual(['totals sql']);
    expect(() => names({ names: [], isAll: true, store: 'cash' })).toThrow(/--store must be one of: sql, cache/);
  });
});
