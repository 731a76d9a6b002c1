// What the SQL read store promises about documents, entities and files, on both dialects.
import fc from 'fast-check';
import { Column, Entity, Index, PrimaryColumn, type ColumnOptions, type IndexOptions } from 'typeorm';
import type { DocumentClass } from '@mainstem/projection';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, CountryTotal, incarnation, move, Parcel, parcel, parcels, rowsByHand, sqlFixtures } from './sql-fixtures.js';
import type { SqlFixture } from './sql-fixtures.js';

@Entity('rounded')
class Rounded {
  @PrimaryColumn('text') id!: string;
  @Column('real') ratio!: number;
}

@Entity('unique_mail')
class UniqueMail {
  @PrimaryColumn('text') id!: string;
  @Index({ unique: true }) @Column('text') mail!: string;
}

@Entity('two_keys')
class TwoKeys {
  @PrimaryColumn('text') a!: string;
  @PrimaryColumn('text') b!: string;
}

@Entity('long_name')
class LongName {
  @PrimaryColumn('text') id!: string;
  @Column({ type: 'text', name: `${'ü'.repeat(31)}ab` }) note!: string;
}

@Entity('parcels')
class WiderParcel {
  @PrimaryColumn('text') parcelId!: string;
  @Column('text', { nullable: true }) colour!: string | null;
}

/** An entity made at run time: a key and these columns. */
const shaped = (
  columns: Readonly<Record<string, string | object>>,
  options: { readonly schema?: string; readonly database?: string } = {},
  indexed: readonly string[] = [],
  indexOptions: IndexOptions = {},
): DocumentClass => {
  class Shaped {}
  Entity('shaped', options)(Shaped);
  PrimaryColumn('text')(Shaped.prototype, 'id');
  for (const [name, type] of Object.entries(columns)) Column(...([type] as unknown as [ColumnOptions]))(Shaped.prototype, name);
  if (indexed.length > 0) Index([...indexed], indexOptions)(Shaped);
  return Shaped;
};

class Keyless {}
Entity('keyless')(Keyless);
Column('text')(Keyless.prototype, 'note');

const manyNames = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `c${index}`);

for (const { name, make } of await sqlFixtures()) {
  describe(`documents in ${name}`, () => {
    let fixture: SqlFixture;
    beforeEach(async () => void (fixture = await make()));
    afterEach(() => fixture.remove());

    const session = async () => {
      const store = await fixture.open();
      await store.createGeneration(parcels, incarnation);
      return { store, session: await store.open(parcels, 1) };
    };
    const upsert = (documents: readonly Parcel[], newKeys: readonly string[] = []) => [
      { collection: 'parcels', upserts: new Map(documents.map((one) => [one.parcelId, one])), deletes: [], newKeys: new Set(newKeys) },
    ];
    const keysOf = (documents: readonly Parcel[]) => documents.map(({ parcelId }) => parcelId);
    const many = (count: number, fields: Partial<Parcel> = {}) => Array.from({ length: count }, (_, index) => parcel(`many-${index}`, fields));

    it.each([
      ['over what may be there', false],
      ['as new ones', true],
    ])('gives back exactly the documents that were written %s, through sessions and through queries', async (_, isNew) => {
      const { store, session: opened } = await session();
      const documents = fc
        .sample(
          fc.record({
            parcelId: fc.uuid(),
            country: fc.string({ unit: 'grapheme', maxLength: 40 }).filter(isStorable),
            note: fc.option(fc.string({ unit: 'grapheme' }).filter(isStorable)),
            weight: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
            number: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
            ratio: fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
            isOpen: fc.boolean(),
            tags: fc.option(
              fc.array(
                fc.oneof(
                  fc.string({ unit: 'binary' }),
                  fc.dictionary(
                    fc.string(),
                    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
                  ),
                ),
              ),
              {},
            ),
          }),
          { numRuns: 300, seed: 7 },
        )
        .map((one) => JSON.parse(JSON.stringify(one)) as Parcel);
      documents.push(parcel('text', { note: `NULL "quoted" 'single' \\ back\\\\slash {1,2} $1 ? \u2028 😀 e\u0301`, country: '', tags: [] }));
      documents.push(parcel('copied', { note: 'tab\tline\nreturn\r\\N \\. \\t', country: '\\N', tags: ['\t\n\\'] }));
      await opened.commit({ changes: upsert(documents, isNew ? keysOf(documents) : []), checkpoint: move(undefined, 1) });
      const loaded = await opened.load(
        'parcels',
        documents.map(({ parcelId }) => parcelId),
      );
      const { value: queried } = await store.read(['parcels'], (manager) => manager.find(Parcel));
      const found = new Map(queried.map((one) => [one.parcelId, { ...one }]));
      for (const document of documents) {
        expect(loaded.get(document.parcelId)).toEqual(document);
        expect(found.get(document.parcelId)).toEqual(document);
      }
    });

    it('writes and loads batches beyond the size of one statement, and of every size around it', async () => {
      const { session: opened } = await session();
      let from: number | undefined;
      for (const size of [1, 9, 10, 11, 5_001]) {
        const batch = Array.from({ length: size }, (_, index) => parcel(`${size}-${index}`, { weight: index }));
        await opened.commit({ changes: upsert(batch), checkpoint: move(from, size) });
        from = size;
        const loaded = await opened.load('parcels', ['absent', ...batch.map(({ parcelId }) => parcelId)]);
        expect([...loaded.values()].map((one) => (one as Parcel).weight).sort((a, b) => a - b)).toEqual(batch.map(({ weight }) => weight));
      }
    });

    it('writes new documents and others in one batch, of every size around that of a statement', async () => {
      const { session: opened } = await session();
      let from: number | undefined;
      for (const size of [19, 20, 4_999, 5_000, 5_001]) {
        const fresh = Array.from({ length: size }, (_, index) => parcel(`${size}-${index}`, { weight: size }));
        const batch = [...fresh, parcel('known', { weight: size })];
        await opened.commit({ changes: upsert(batch, keysOf(fresh)), checkpoint: move(from, size) });
        expect((await opened.load('parcels', keysOf(batch))).size).toBe(size + 1);
        expect((await opened.load('parcels', ['known'])).get('known')).toMatchObject({ weight: size });
        from = size;
      }
    });

    it('replaces a document that was announced as a new one by mistake', async () => {
      const { session: opened } = await session();
      await opened.commit({ changes: upsert([parcel('many-7', { note: 'old' })]), checkpoint: move(undefined, 1) });
      const batch = many(50, { note: 'new' });
      await opened.commit({ changes: upsert(batch, keysOf(batch)), checkpoint: move(1, 2) });
      expect(await opened.load('parcels', keysOf(batch))).toEqual(new Map(batch.map((one) => [one.parcelId, one])));
    });

    // A column of SQLite takes whatever its codec lets through.
    if (name !== 'SQLite') {
      it('says which new document the database refuses, has then written nothing, and goes on', async () => {
        const { store, session: opened } = await session();
        await rowsByHand(fixture, 'ALTER TABLE parcels__g1 ADD CHECK (weight < 100)');
        const batch = [...many(40), parcel('heavy', { weight: 100 })];
        const refused = opened.commit({ changes: upsert(batch, keysOf(batch)), checkpoint: move(undefined, 1) });
        await expect(refused).rejects.toMatchObject({ code: 'READ_STORE_INVALID_DOCUMENT', collection: 'parcels' });
        expect(await opened.load('parcels', keysOf(batch))).toEqual(new Map());
        await opened.commit({ changes: upsert(many(40), keysOf(many(40))), checkpoint: move(undefined, 1) });
        expect((await store.generations('parcels'))[0]?.checkpoint.position).toBe(1n);
      });
    }

    it('replaces and deletes whole documents', async () => {
      const { session: opened } = await session();
      await opened.commit({ changes: upsert([parcel('a', { note: 'old' }), parcel('b')]), checkpoint: move(undefined, 1) });
      const changes = [{ collection: 'parcels', upserts: new Map([['a', parcel('a', { weight: 2 })]]), deletes: ['b', 'never there'] }];
      await opened.commit({ changes, checkpoint: move(1, 2) });
      expect(await opened.load('parcels', ['a', 'b'])).toEqual(new Map([['a', parcel('a', { weight: 2 })]]));
    });

    it('keeps the engine’s state out of queries', async () => {
      const { store, session: opened } = await session();
      const document = { country: 'France', parcels: 1, $state: '{"min":[1]}' };
      await opened.commit({
        changes: [{ collection: 'countries', upserts: new Map([['France', document]]), deletes: [] }],
        checkpoint: move(undefined, 1),
      });
      expect(await opened.load('countries', ['France'])).toEqual(new Map([['France', document]]));
      const { value } = await store.read(['parcels'], (manager) => manager.find(CountryTotal));
      expect(value.map((one) => ({ ...one }))).toEqual([{ country: 'France', parcels: 1 }]);
      const { value: rows } = await store.read(['parcels'], (manager) =>
        manager.createQueryBuilder().select('*').from('countries', 'c').getRawMany<object>(),
      );
      expect(rows.map((row) => Object.keys(row).sort())).toEqual([['country', 'parcels']]);
    });

    it('refuses a document that does not fit, and then has written nothing of its batch', async () => {
      const { store, session: opened } = await session();
      const bad = parcel('bad', { weight: 1.5 });
      await expect(opened.commit({ changes: upsert([parcel('good'), bad]), checkpoint: move(undefined, 1) })).rejects.toMatchObject({
        code: 'READ_STORE_INVALID_DOCUMENT',
        key: 'bad',
      });
      expect(await opened.load('parcels', ['good', 'bad'])).toEqual(new Map());
      expect((await store.generations('parcels'))[0]?.checkpoint.position).toBeUndefined();
      await opened.commit({ changes: upsert([parcel('good')]), checkpoint: move(undefined, 1) });
    });

    it('orders text by code point whatever the locale of the server', async () => {
      const { store, session: opened } = await session();
      const keys = ['Z', 'a', 'B', 'é', '_', '1', 'z', '😀', '\uffee'];
      await opened.commit({ changes: upsert(keys.map((key) => parcel(key))), checkpoint: move(undefined, 1) });
      const { value } = await store.read(['parcels'], (manager) => manager.find(Parcel, { order: { parcelId: 'ASC' } }));
      expect(value.map(({ parcelId }) => parcelId)).toEqual(['1', 'B', 'Z', '_', 'a', 'z', 'é', '\uffee', '😀']);
    });

    it('keeps positions exact beyond what a JS number can hold', async () => {
      const { store, session: opened } = await session();
      let from: bigint | undefined;
      for (const to of [0n, 2n ** 53n - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
        await opened.commit({ changes: [], checkpoint: { from: from === undefined ? undefined : at(from), to: at(to), digest: 'd' } });
        expect((await store.generations('parcels'))[0]?.checkpoint.position).toBe(to);
        expect((await store.read(['parcels'], async () => undefined)).position).toBe(to);
        from = to;
      }
    });

    it('takes up a changed entity only with a new generation', async () => {
      const { store } = await session();
      await store.close();
      const widened = await fixture.open([WiderParcel]);
      const changed = { ...parcels, collections: [{ name: 'parcels', document: WiderParcel, hasState: false }] };
      await expect(widened.open(changed, 1)).rejects.toMatchObject({ code: 'READ_STORE_FINGERPRINT_MISMATCH' });
      await widened.createGeneration(changed, incarnation);
      const next = await widened.open(changed, 2);
      await next.commit({
        changes: [{ collection: 'parcels', upserts: new Map([['a', { parcelId: 'a', colour: null }]]), deletes: [] }],
        checkpoint: move(undefined, 1),
      });
      await widened.promote('parcels', 2);
      expect((await widened.read(['parcels'], (manager) => manager.find(WiderParcel))).value).toEqual([{ parcelId: 'a', colour: null }]);
    });

    it.each([
      ['a type that is not the same on every database', Rounded, /column ratio has type real/],
      ['no primary column', Keyless, /@PrimaryColumn\('text'\)/],
      ['no decorator', class Plain {}, /put @Entity\(\)/],
      ['a unique index', UniqueMail, /unique index/],
      ['two primary columns', TwoKeys, /exactly one @PrimaryColumn/],
      ['a name that PostgreSQL would cut', LongName, /more than 63 bytes/],
      ['a column that PostgreSQL has by itself', shaped({ xmin: 'integer' }), /xmin has a reserved name/],
      ['another one', shaped({ ctid: 'text' }), /ctid has a reserved name/],
      ['two columns that are one name on SQLite', shaped({ Name: 'text', name: 'text' }), /one name on SQLite/],
      ['a schema of its own', shaped({}, { schema: 'reporting' }), /names a schema/],
      ['a database of its own', shaped({}, { database: 'other' }), /names a schema or database/],
      ['more columns than a table has room for', shaped(Object.fromEntries(manyNames(1_600).map((name) => [name, 'text']))), /1599 fit/],
      [
        'more columns than an index has room for',
        shaped(Object.fromEntries(manyNames(33).map((name) => [name, 'text'])), {}, manyNames(33)),
        /index of 33/,
      ],
      ['a spatial index', shaped({ place: 'text' }, {}, ['place'], { spatial: true }), /no plain one/],
      ['a full-text index', shaped({ words: 'text' }, {}, ['words'], { fulltext: true }), /no plain one/],
      ['an index of another kind', shaped({ words: 'text' }, {}, ['words'], { type: 'hash' }), /no plain one|Unsupported index type/],
      ['a length that PostgreSQL does not have', shaped({ word: { type: 'varchar', length: 10_485_761 } }), /length of more than/],
    ])('refuses an entity with %s', async (_, entity, problem) => {
      const opening = fixture.open([entity]);
      await expect(opening).rejects.toMatchObject({ code: 'READ_STORE_UNSUPPORTED_ENTITY' });
      await expect(opening).rejects.toThrow(problem);
    });

    it('refuses two entities whose table names are one name on SQLite', async () => {
      class Upper {}
      Entity('Shaped')(Upper);
      PrimaryColumn('text')(Upper.prototype, 'id');
      await expect(fixture.open([shaped({}), Upper])).rejects.toMatchObject({ code: 'READ_STORE_UNSUPPORTED_ENTITY' });
    });

    it('fills columns whose defaults and collations the database does not know, since the projection gives every value', async () => {
      const Odd = shaped({ a: { type: 'text', default: () => 'no_such_function()' }, b: { type: 'text', collation: 'no_such_collation' } });
      const store = await fixture.open([Odd]);
      const odd = { ...parcels, name: 'odd', collections: [{ name: 'shaped', document: Odd, hasState: false }] };
      await store.createGeneration(odd, incarnation);
      const opened = await store.open(odd, 1);
      const upserts = new Map([['x', { id: 'x', a: 'one', b: 'two' }]]);
      await opened.commit({ changes: [{ collection: 'shaped', upserts, deletes: [] }], checkpoint: move(undefined, 1) });
      expect((await store.read(['odd'], (manager) => manager.find(Odd))).value).toEqual([{ id: 'x', a: 'one', b: 'two' }]);
    });

    it('refuses an entity that it was not opened with', async () => {
      const store = await fixture.open([Parcel]);
      await expect(store.createGeneration(parcels, incarnation)).rejects.toMatchObject({ code: 'READ_STORE_UNSUPPORTED_ENTITY' });
      expect(await store.generations()).toEqual([]);
    });

    it('refuses a table name that another projection fills', async () => {
      const { store } = await session();
      await expect(store.createGeneration({ ...parcels, name: 'other' }, incarnation)).rejects.toMatchObject({ code: 'READ_STORE_NAME_TAKEN' });
      expect(await store.generations('other')).toEqual([]);
    });

    it('says that a read model does not exist yet', async () => {
      const store = await fixture.open();
      await expect(store.read(['parcels'], (manager) => manager.find(Parcel))).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
      await expect(store.read([], (manager) => manager.find(Parcel))).rejects.toThrow(/does not exist yet/);
    });

    it('answers a closed store’s calls with READ_STORE_UNAVAILABLE, and may be closed twice', async () => {
      const { store, session: opened } = await session();
      await store.close();
      await store.close();
      for (const call of [() => store.generations(), () => opened.load('parcels', ['a']), () => store.read([], async () => 1)]) {
        await expect((async () => call())()).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
      }
    });

    it('may be opened by several at once, which then see the same', async () => {
      const stores = await Promise.all(Array.from({ length: 4 }, () => fixture.open()));
      await stores[0]?.createGeneration(parcels, incarnation);
      for (const store of stores) expect(await store.generations('parcels')).toHaveLength(1);
    });
  });
}

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
