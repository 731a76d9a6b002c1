// Generations of the SQL read store under concurrent readers and writers, on both dialects.
import { IsString } from 'class-validator';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineEvents } from '@mainstem/event-store';
import type { EventRegistry } from '@mainstem/event-store';
import { handlerProjection } from '@mainstem/projection';
import type { DocumentClass } from '@mainstem/projection';
import type { ProjectionDescriptor } from '@mainstem/projection/adapter';
import type { SqlReadStore, SqlTransaction } from '@mainstem/sql';
import { CountryTotal, incarnation, move, Parcel, parcel, parcels, sqlFixtures } from './sql-fixtures.js';
import type { SqlFixture } from './sql-fixtures.js';

const schemaOf = ({ location }: SqlFixture): string => ('schema' in location && location.schema) || '';

/** An entity with these indexes, made at run time. */
const entityWith = (...indexes: readonly (readonly string[])[]): DocumentClass => {
  class Indexed {}
  Entity('indexed')(Indexed);
  PrimaryColumn('text')(Indexed.prototype, 'id');
  for (const column of ['note', 'land']) Column('text')(Indexed.prototype, column);
  for (const columns of indexes) Index([...columns])(Indexed);
  return Indexed;
};

class Sent {
  @IsString() parcelId!: string;
}

for (const { name, make } of await sqlFixtures()) {
  describe(`generations in ${name}`, () => {
    let fixture: SqlFixture;
    beforeEach(async () => void (fixture = await make()));
    afterEach(() => fixture.remove());

    /** Fills a generation so that every row, in both tables, and the checkpoint tell its number. */
    const fill = async (store: SqlReadStore, generation: number): Promise<void> => {
      const session = await store.open(parcels, generation);
      const upserts = new Map(Array.from({ length: 20 }, (_, index) => [`p${index}`, parcel(`p${index}`, { weight: generation })]));
      const countries = new Map([['France', { country: 'France', parcels: generation }]]);
      const changes = [
        { collection: 'parcels', upserts, deletes: [] },
        { collection: 'countries', upserts: countries, deletes: [] },
      ];
      await session.commit({ changes, checkpoint: move(undefined, generation) });
    };

    /** How many indexes a generation's table has besides that of its key. */
    const indexed = async (store: SqlReadStore, generation: number): Promise<number> => {
      const COUNTS: Readonly<Record<string, string>> = {
        SQLite: 'SELECT count(*) AS total FROM sqlite_master WHERE type = ? AND tbl_name = ? AND sql IS NOT NULL',
        PostgreSQL: "SELECT count(*) AS total FROM pg_indexes WHERE indexdef LIKE 'CREATE INDEX%' AND schemaname = $1 AND tablename = $2",
        MariaDB:
          'SELECT count(DISTINCT index_name) AS total FROM information_schema.statistics WHERE table_schema = database() AND index_name <> ? AND table_name = ?',
      };
      const sql = COUNTS[name] ?? '';
      const scope = name === 'MariaDB' ? 'PRIMARY' : 'schema' in fixture.location ? fixture.location.schema : 'index';
      const { value } = await store.read([], (manager) => manager.query<{ total: number }[]>(sql, [scope, `parcels__g${generation}`]));
      return Number(value[0]?.total);
    };

    /** All generation numbers that one read sees: in each table, twice, and in the position. */
    const numbersIn = async (store: SqlReadStore): Promise<ReadonlySet<number>> => {
      const { value, position } = await store.read(['parcels'], async (manager) => {
        const first = await manager.find(Parcel);
        const totals = await manager.find(CountryTotal);
        const again = await manager.find(Parcel);
        return [...first, ...again].map(({ weight }) => weight).concat(totals.map((total) => total.parcels));
      });
      expect(value).toHaveLength(41);
      return new Set([...value, Number(position)]);
    };

    it('never mixes generations in one read, nor fails a read, while others are promoted', async () => {
      const store = await fixture.open();
      const reader = await fixture.open();
      for (const generation of [1, 2]) {
        await store.createGeneration(parcels, incarnation);
        await fill(store, generation);
      }
      let isDone = false;
      const seen = new Set<number>();
      const reading = Array.from({ length: 4 }, async (_, index) => {
        while (!isDone) {
          const numbers = await numbersIn(index % 2 === 0 ? reader : store);
          expect([...numbers]).toHaveLength(1);
          numbers.forEach((number) => seen.add(number));
        }
      });
      // Each position tells its generation, so every second promotion goes back.
      for (let round = 0; round < 20; round++) await store.promote('parcels', round % 2 === 0 ? 2 : 1, { isForced: true });
      isDone = true;
      await Promise.all(reading);
      expect(seen.size).toBeGreaterThan(0);
      expect(await numbersIn(reader)).toEqual(new Set([1]));
    });

    it('lets the serving generation be written while another one is filled and promoted', async () => {
      const store = await fixture.open();
      await store.createGeneration(parcels, incarnation);
      const serving = await store.open(parcels, 1);
      await store.createGeneration(parcels, incarnation);
      const writing = (async () => {
        for (let position = 1; position <= 30; position++) {
          const upserts = new Map([['w', parcel('w', { weight: position })]]);
          await serving.commit({
            changes: [{ collection: 'parcels', upserts, deletes: [] }],
            checkpoint: move(position === 1 ? undefined : position - 1, position),
          });
        }
      })();
      await fill(store, 2);
      await writing;
      await store.promote('parcels', 2, { isForced: true });
      expect(await numbersIn(store)).toEqual(new Set([2]));
      expect((await store.generations('parcels')).map(({ number, state, checkpoint }) => [number, state, checkpoint.position])).toEqual([
        [1, 'retired', 30n],
        [2, 'serving', 2n],
      ]);
    });

    it('holds the writer of the serving generation off, if that is wanted, when a promotion comes too late, so that the next one does not', async () => {
      const store = await fixture.open();
      const commit = (session: Awaited<ReturnType<SqlReadStore['open']>>, from: number | undefined, to: number) =>
        session.commit({
          changes: [{ collection: 'parcels', upserts: new Map([['w', parcel('w', { weight: to })]]), deletes: [] }],
          checkpoint: move(from, to),
        });
      await store.createGeneration(parcels, incarnation);
      const serving = await store.open(parcels, 1);
      await store.createGeneration(parcels, incarnation);
      const filling = await store.open(parcels, 2);
      const behind = { code: 'READ_STORE_GENERATION_BEHIND' };
      await commit(serving, undefined, 1);
      await expect(store.promote('parcels', 2)).rejects.toMatchObject(behind);
      await commit(serving, 1, 2);
      await expect(store.promote('parcels', 2, { fencesWriter: true })).rejects.toMatchObject(behind);
      await expect(commit(serving, 2, 3)).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
      await commit(filling, undefined, 2);
      await store.promote('parcels', 2, { fencesWriter: true });
      expect((await store.generations('parcels')).map(({ state }) => state)).toEqual(['retired', 'serving']);
      await commit(filling, 2, 3);
    });

    it('makes the indexes of a generation filled in bulk when it is finished, as many as any other has', async () => {
      const store = await fixture.open();
      await store.createGeneration(parcels, incarnation);
      await fill(store, 1);
      const { number } = await store.createGeneration(parcels, incarnation, { isBulk: true });
      expect(await indexed(store, 1)).toBeGreaterThan(0);
      expect(await indexed(store, number)).toBe(0);
      const session = await store.open(parcels, number);
      await session.finishBulk();
      await session.finishBulk();
      expect(await indexed(store, number)).toBe(await indexed(store, 1));
    });

    it('gives tables of a handler projection their indexes while it is filled in bulk: it looks rows up by them', async () => {
      const store = await fixture.open();
      const handler = handlerProjection<SqlTransaction, [EventRegistry]>({
        name: 'handled',
        version: 1,
        events: [defineEvents('parcel', { Sent })],
        tables: { parcels: Parcel },
        apply: async () => undefined,
      });
      const { number } = await store.createGeneration(handler, incarnation, { isBulk: true });
      expect(await indexed(store, number)).toBe(1);
      const session = await store.open(handler, number);
      const twice = session.transact(
        async (transaction) => {
          await transaction.upsert('parcels', [parcel('a')]);
          const columns = '"parcelId", land, weight, number, ratio, "isOpen"';
          await transaction.query(`INSERT INTO ${transaction.table('parcels')} (${columns}) SELECT ${columns} FROM ${transaction.table('parcels')}`);
        },
        { checkpoint: move(undefined, 1) },
      );
      await expect(twice).rejects.toThrow(name === 'MariaDB' ? /duplicate/i : /unique/i);
      await session.finishBulk();
      expect(await indexed(store, number)).toBe(1);
    });

    it('gives the serving generation the indexes of a changed entity when it is opened, without a rebuild', async () => {
      const shown = async (...indexes: readonly (readonly string[])[]): Promise<string> => {
        const document = entityWith(...indexes);
        const store = await fixture.open([document]);
        const projection = { ...parcels, name: 'indexed', collections: [{ name: 'indexed', document, hasState: false }] };
        if ((await store.generations('indexed')).length === 0) await store.createGeneration(projection, incarnation);
        await (await store.open(projection, 1)).close();
        const WORDS: Readonly<Record<string, string>> = {
          SQLite: "SELECT sql AS words FROM sqlite_master WHERE type = 'index' AND tbl_name = 'indexed__g1' AND sql IS NOT NULL",
          PostgreSQL: `SELECT indexdef AS words FROM pg_indexes WHERE tablename = 'indexed__g1' AND schemaname = '${schemaOf(fixture)}'`,
          MariaDB: `SELECT concat('CREATE INDEX (', group_concat(column_name ORDER BY seq_in_index SEPARATOR ', '), ')') AS words
            FROM information_schema.statistics WHERE table_schema = database() AND table_name = 'indexed__g1' AND index_name <> 'PRIMARY' GROUP BY index_name`,
        };
        const sql = WORDS[name] ?? '';
        const { value } = await store.read(['indexed'], (manager) => manager.query<{ words: string }[]>(sql));
        await store.close();
        const columns = value.filter(({ words }) => words.startsWith('CREATE INDEX')).map(({ words }) => words.slice(words.lastIndexOf('(')));
        return columns.join().replaceAll('"', '');
      };
      expect(await shown()).toBe('');
      expect(await shown(['note'])).toBe('(note)');
      expect(await shown(['note'], ['note'])).toBe('(note)');
      expect(await shown(['note', 'land'])).toBe('(note, land)');
      expect(await shown()).toBe('');
    });

    it.runIf(name !== 'SQLite')('asks for a rebuild where a row does not fit into an index of a changed entity', async () => {
      const [former, next] = [entityWith(), entityWith(['note'])];
      const of = (document: DocumentClass): ProjectionDescriptor => ({
        ...parcels,
        name: 'indexed',
        collections: [{ name: 'indexed', document, hasState: false }],
      });
      const store = await fixture.open([former]);
      await store.createGeneration(of(former), incarnation);
      const note = Array.from({ length: 2_000 }, () => Math.random().toString(36)).join('');
      await (
        await store.open(of(former), 1)
      ).commit({
        changes: [{ collection: 'indexed', upserts: new Map([['a', { id: 'a', note, land: '' }]]), deletes: [] }],
        checkpoint: move(undefined, 1),
      });
      const changed = await fixture.open([next]);
      await expect(changed.open(of(next), 1)).rejects.toMatchObject({ code: 'READ_STORE_FINGERPRINT_MISMATCH' });
    });

    it('drops a generation with its tables and its open session, and never uses its number again', async () => {
      const store = await fixture.open();
      await store.createGeneration(parcels, incarnation);
      await fill(store, 1);
      await store.createGeneration(parcels, incarnation);
      const session = await store.open(parcels, 2);
      await expect(store.dropGeneration('parcels', 1)).rejects.toMatchObject({ code: 'READ_STORE_GENERATION_SERVES' });
      await store.dropGeneration('parcels', 2);
      await expect(session.commit({ changes: [], checkpoint: move(undefined, 1) })).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
      await expect(store.dropGeneration('parcels', 2)).rejects.toMatchObject({ code: 'READ_STORE_UNKNOWN_GENERATION' });
      expect((await store.createGeneration(parcels, incarnation)).number).toBe(3);
      expect(await numbersIn(store)).toEqual(new Set([1]));
    });

    it('fences a session off across processes’ stores when another one is opened', async () => {
      const [first, second] = [await fixture.open(), await fixture.open()];
      await first.createGeneration(parcels, incarnation);
      const stale = await first.open(parcels, 1);
      const current = await second.open(parcels, 1);
      await expect(stale.commit({ changes: [], checkpoint: move(undefined, 1) })).rejects.toMatchObject({ code: 'READ_STORE_CHECKPOINT_MOVED' });
      await current.commit({ changes: [], checkpoint: move(undefined, 1) });
      expect(current.checkpoint.epoch).toBeGreaterThan(stale.checkpoint.epoch);
    });

    it('lets exactly one of many rivals commit from the same position', async () => {
      const stores = await Promise.all([fixture.open(), fixture.open(), fixture.open()]);
      await stores[0]?.createGeneration(parcels, incarnation);
      const session = await stores[0]?.open(parcels, 1);
      const batch = { changes: [{ collection: 'parcels', upserts: new Map([['a', parcel('a')]]), deletes: [] }], checkpoint: move(undefined, 1) };
      const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => session?.commit(batch)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });
  });
}
