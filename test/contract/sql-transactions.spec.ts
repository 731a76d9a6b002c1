// Handler projections write through the transaction of their checkpoint, on both dialects.
import { CheckpointMoved } from '@mainstem/projection/adapter';
import type { TransactionalSession } from '@mainstem/projection/adapter';
import type { SqlTransaction } from '@mainstem/sql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { incarnation, move, Parcel, parcel, parcels, sqlFixtures } from './sql-fixtures.js';
import type { SqlFixture } from './sql-fixtures.js';

for (const { name, make } of await sqlFixtures()) {
  describe(`transactions in ${name}`, () => {
    let fixture: SqlFixture;
    beforeEach(async () => void (fixture = await make()));
    afterEach(() => fixture.remove());

    const open = async () => {
      const store = await fixture.open();
      await store.createGeneration(parcels, incarnation);
      const session: TransactionalSession<SqlTransaction> = await store.open(parcels, 1);
      return { store, session };
    };
    const positionIn = async (store: Awaited<ReturnType<typeof open>>['store']) => (await store.generations('parcels'))[0]?.checkpoint.position;

    it('finds, upserts, deletes and queries in the tables of its own generation', async () => {
      const { store, session } = await open();
      await session.transact(
        async (transaction) => {
          await transaction.upsert('parcels', [parcel('a', { weight: 2 }), parcel('b', { weight: 3 }), parcel('c')]);
          await transaction.delete('parcels', ['c']);
          const found = await transaction.find<Parcel>('parcels', ['a', 'a', 'c']);
          expect(found).toEqual(new Map([['a', parcel('a', { weight: 2 })]]));
          await transaction.query(
            `UPDATE ${transaction.table('parcels')} SET weight = weight + ? WHERE "parcelId" = ? AND note IS NULL AND '?' = '?'`,
            [10, 'a'],
          );
          const rows = await transaction.query<{ weight: number; number: string }>(
            `SELECT weight, number FROM ${transaction.table('parcels')} ORDER BY weight DESC`,
          );
          expect(rows).toEqual([
            { weight: 12, number: '0' },
            { weight: 3, number: '0' },
          ]);
        },
        { checkpoint: move(undefined, 5) },
      );
      const { value, position } = await store.read(['parcels'], (manager) => manager.find(Parcel, { order: { parcelId: 'ASC' } }));
      expect(value.map(({ parcelId, weight }) => [parcelId, weight])).toEqual([
        ['a', 12],
        ['b', 3],
      ]);
      expect(position).toBe(5n);
    });

    it('rolls rows and checkpoint back when the work throws, and throws on what it threw', async () => {
      const { store, session } = await open();
      const failure = new Error('cannot apply');
      const failing = session.transact(
        async (transaction) => {
          await transaction.upsert('parcels', [parcel('a')]);
          throw failure;
        },
        { checkpoint: move(undefined, 5) },
      );
      await expect(failing).rejects.toBe(failure);
      expect(await session.load('parcels', ['a'])).toEqual(new Map());
      expect(await positionIn(store)).toBeUndefined();
      await session.transact((transaction) => transaction.upsert('parcels', [parcel('a')]), { checkpoint: move(undefined, 5) });
      expect(await positionIn(store)).toBe(5n);
    });

    it('gives a mistake in SQL back as the driver reports it, and does not commit even if the work hides it', async () => {
      const { store, session } = await open();
      // What begins with no word of a statement that reads or writes rows is not sent to MariaDB.
      const wrong = name === 'MariaDB' ? 'SELECT FROM 1' : 'SELEKT 1';
      const mistake = session.transact((transaction) => transaction.query(wrong).then(() => undefined), { checkpoint: move(undefined, 5) });
      await expect(mistake).rejects.toThrow(/syntax error|error in your SQL syntax/);
      await expect(mistake).rejects.not.toMatchObject({ code: expect.stringMatching(/^READ_STORE/) as string });
      const hidden = session.transact(
        async (transaction) => {
          await transaction.upsert('parcels', [parcel('a')]);
          await transaction.query(wrong).catch(() => undefined);
        },
        { checkpoint: move(undefined, 5) },
      );
      // PostgreSQL gives the transaction up at the mistake; the others go on without it. All keep rows and checkpoint
      // together.
      const isCommitted = await hidden.then(
        () => true,
        () => false,
      );
      expect(await positionIn(store)).toBe(isCommitted ? 5n : undefined);
      expect((await session.load('parcels', ['a'])).size).toBe(isCommitted ? 1 : 0);
    });

    it('refuses calls after its end, so that none lands in another transaction', async () => {
      const { session } = await open();
      let escaped: SqlTransaction | undefined;
      await session.transact(
        async (transaction) => {
          escaped = transaction;
        },
        { checkpoint: move(undefined, 1) },
      );
      await expect(escaped?.upsert('parcels', [parcel('late')])).rejects.toMatchObject({ code: 'READ_STORE_STATEMENT_REFUSED' });
      expect(await session.load('parcels', ['late'])).toEqual(new Map());
    });

    it('keeps apart the transactions of sessions that run at once', async () => {
      const store = await fixture.open();
      const sessions = [];
      for (const [index, name] of ['alone', 'totals'].entries()) {
        const projection = { ...parcels, name, collections: parcels.collections.slice(index, index + 1) };
        await store.createGeneration(projection, incarnation);
        sessions.push(await store.open(projection, 1));
      }
      const [second, first] = sessions;
      const failing = first?.transact(
        async (transaction) => {
          await transaction.upsert('countries', [{ country: 'France', parcels: 1 }]);
          await new Promise((resolve) => setImmediate(resolve));
          throw new CheckpointMoved('totals', 1);
        },
        { checkpoint: move(undefined, 1) },
      );
      const passing = second?.commit({
        changes: [{ collection: 'parcels', upserts: new Map([['a', parcel('a')]]), deletes: [] }],
        checkpoint: move(undefined, 1),
      });
      await expect(failing).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
      await passing;
      expect((await first?.load('countries', ['France']))?.size).toBe(0);
      expect((await second?.load('parcels', ['a']))?.size).toBe(1);
    });
  });
}
