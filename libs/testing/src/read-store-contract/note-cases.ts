// Contract of notes: what operators have told stays until it is removed, and belongs to its projection.
import assert from 'node:assert/strict';
import type { Note } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { aBatch, at, openFirst, type DefineCase } from './contract-fixture.js';

const PROJECTION = 'contract-orders';
const OTHER = 'contract-others';

const inOrder = (notes: readonly Note[]): readonly Note[] =>
  notes.toSorted((one, other) => (one.projection + one.name < other.projection + other.name ? -1 : 1)).map((note) => ({ ...note }));

export const noteCases = (define: DefineCase): readonly ContractCase[] => [
  define('has no notes about a projection that never had any, with or without generations', async (fixture) => {
    assert.deepEqual(await fixture.store.notes([PROJECTION]), []);
    await openFirst(fixture);
    assert.deepEqual(await fixture.store.notes([PROJECTION, OTHER]), []);
    assert.deepEqual(await fixture.store.notes([]), []);
  }),

  define('keeps a note of each name, for a projection without generations too, and writes over it', async ({ store }) => {
    await store.note(PROJECTION, 'pause', 'first');
    await store.note(PROJECTION, 'pause', 'second');
    await store.note(PROJECTION, 'park 7', 'third');
    await store.note(OTHER, 'pause', 'fourth');
    assert.deepEqual(inOrder(await store.notes([PROJECTION])), [
      { projection: PROJECTION, name: 'park 7', text: 'third' },
      { projection: PROJECTION, name: 'pause', text: 'second' },
    ]);
    assert.equal((await store.notes([PROJECTION, OTHER])).length, 3);
  }),

  define('removes a note, and does nothing where there is none', async ({ store }) => {
    await store.note(PROJECTION, 'pause', undefined);
    await store.note(PROJECTION, 'pause', 'text');
    await store.note(OTHER, 'pause', 'other');
    await store.note(PROJECTION, 'pause', undefined);
    await store.note(PROJECTION, 'pause', undefined);
    assert.deepEqual(inOrder(await store.notes([PROJECTION, OTHER])), [{ projection: OTHER, name: 'pause', text: 'other' }]);
  }),

  define('keeps any text, also a long one', async ({ store }) => {
    const texts = ['', 'with "quotes", a \\ and {braces}', 'two\nlines', '価格 😀', 'long '.repeat(1_000)];
    for (const [index, text] of texts.entries()) await store.note(PROJECTION, `note ${String(index).padStart(3, '0')}`, text);
    assert.deepEqual(
      inOrder(await store.notes([PROJECTION])).map(({ text }) => text),
      texts,
    );
  }),

  define('lets writers of one note take turns: one of them is there in the end', async ({ store }) => {
    const texts = Array.from({ length: 8 }, (_, index) => `writer ${index}`);
    await Promise.all(texts.map((text) => store.note(PROJECTION, 'pause', text)));
    const [found, ...others] = await store.notes([PROJECTION]);
    assert.deepEqual(others, []);
    assert.ok(texts.includes(found?.text ?? ''), found?.text);
  }),

  define('disturbs no session', async (fixture) => {
    const session = await openFirst(fixture);
    await session.commit(aBatch(undefined, at(1)));
    await fixture.store.note(PROJECTION, 'pause', 'text');
    await session.commit(aBatch(at(1), at(2)));
    await session.close();
    assert.equal((await fixture.store.generations(PROJECTION))[0]?.checkpoint.position, at(2));
  }),

  define('removes the notes of a projection that is forgotten, and those alone', async (fixture) => {
    const { store } = fixture;
    await openFirst(fixture);
    await store.note(PROJECTION, 'pause', 'text');
    await store.note(OTHER, 'pause', 'other');
    await store.forget(PROJECTION);
    assert.deepEqual(inOrder(await store.notes([PROJECTION, OTHER])), [{ projection: OTHER, name: 'pause', text: 'other' }]);
  }),
];
