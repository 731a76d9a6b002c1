// The read store of docs/write-your-own-read-store.md keeps the read store contract, and its claims about crashes are
// true.
import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Incarnation, Position } from '@mainstem/event-store';
import { EMPTY_DIGEST, type CommitBatch, type ProjectionDescriptor } from '@mainstem/projection/adapter';
import { readStoreContract, registerContract } from '@mainstem/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NdjsonReadStore } from './ndjson-read-store/ndjson-read-store.js';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'mainstem-ndjson-'));

// #region contract
registerContract(
  readStoreContract({
    name: 'NDJSON files',
    create: async () => {
      const dir = await newFolder();
      const store = new NdjsonReadStore(dir);
      const readDocument = async (collection: string, key: string) => (await store.get('contract-orders', collection, key)).value;
      const dispose = async () => {
        await store.close();
        await rm(dir, { recursive: true });
      };
      return { store, readDocument, dispose };
    },
  }),
  { describe, it },
);
// #endregion

class Note {}
const notes: ProjectionDescriptor = {
  name: 'notes',
  version: 1,
  fingerprint: '00000000000000aa',
  collections: [{ name: 'notes', document: Note, hasState: false }],
};
const INCARNATION = '0b0c2f6e-6b47-4a3e-9f0e-2c6f8d1f0a11' as Incarnation;

const commitOf = (from: bigint | undefined, to: bigint, text: string): CommitBatch => ({
  changes: [{ collection: 'notes', upserts: new Map([['a', { text }]]), deletes: [] }],
  checkpoint: { from: from as Position | undefined, to: to as Position, digest: EMPTY_DIGEST },
});

describe('the files of the NDJSON read store', () => {
  let dir: string;
  let opened: NdjsonReadStore[];
  beforeEach(async () => {
    dir = await newFolder();
    opened = [];
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    await rm(dir, { recursive: true });
  });

  /** As another process would. */
  const open = (): NdjsonReadStore => {
    const store = new NdjsonReadStore(dir);
    opened.push(store);
    return store;
  };
  const shown = async (store: NdjsonReadStore) => store.get('notes', 'notes', 'a');
  const file = (): string => join(dir, 'journal.ndjson');

  it('hold a commit as a whole or not at all, wherever a crash has cut its line, and go on', async () => {
    const first = open();
    const { number } = await first.createGeneration(notes, INCARNATION);
    const session = await first.open(notes, number);
    await session.commit(commitOf(undefined, 1n, 'one'));
    const before = readFileSync(file()).length;
    await session.commit(commitOf(1n, 2n, 'two €'));
    const whole = readFileSync(file());
    await first.close();
    for (let length = before; length <= whole.length; length++) {
      truncateSync(file(), before);
      appendFileSync(file(), whole.subarray(before, length));
      const store = open();
      const isThere = length === whole.length;
      expect(await shown(store), `${length - before} bytes of the line`).toEqual({
        value: { text: isThere ? 'two €' : 'one' },
        position: isThere ? 2n : 1n,
      });
      // Cut off just before its end, the line is finished by the next one: its writer got no answer.
      const { checkpoint } = await store.open(notes, number);
      const [{ checkpoint: stored } = { checkpoint }] = await open().generations('notes');
      expect(stored).toEqual(checkpoint);
      expect(checkpoint.position).toBe(length >= whole.length - 1 ? 2n : 1n);
      const next = await store.open(notes, number);
      await next.commit(commitOf(checkpoint.position, 3n, 'three'));
      expect(await shown(open())).toEqual({ value: { text: 'three' }, position: 3n });
      await store.close();
    }
  });

  it('are shared by several stores, of which the last to open a session writes', async () => {
    const [one, other] = [open(), open()];
    const { number } = await one.createGeneration(notes, INCARNATION);
    const stale = await one.open(notes, number);
    const current = await other.open(notes, number);
    await expect(stale.commit(commitOf(undefined, 1n, 'stale'))).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
    await current.commit(commitOf(undefined, 1n, 'current'));
    for (const store of [one, other, open()]) expect(await shown(store)).toEqual({ value: { text: 'current' }, position: 1n });
  });

  it('leave one generation serving when two are promoted at once, the same for every store', async () => {
    const [one, other] = [open(), open()];
    await one.createGeneration(notes, INCARNATION);
    const [second, third] = [await one.createGeneration(notes, INCARNATION), await other.createGeneration(notes, INCARNATION)];
    await Promise.all([one.promote('notes', second.number), other.promote('notes', third.number)]);
    const states = async (store: NdjsonReadStore) => (await store.generations('notes')).map(({ number, state }) => `${number} ${state}`);
    expect(await states(one)).toEqual(await states(other));
    expect((await states(open())).filter((state) => state.endsWith('serving'))).toEqual(['3 serving']);
  });

  it('belong to projections only: no name leads out of the folder', async () => {
    expect(await open().generations('../notes')).toEqual([]);
    await expect(open().scan('../notes', 1, 'notes', { limit: 1 })).rejects.toMatchObject({ code: 'READ_STORE_UNKNOWN_GENERATION' });
  });

  it('refuse to be used after they were closed', async () => {
    const store = open();
    await store.close();
    await expect(store.generations()).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
  });
});
