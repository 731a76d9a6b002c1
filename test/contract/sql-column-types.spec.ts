// Columns of PostgreSQL's own types hold what a document holds, and give it back; SQLite keeps the same text.
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ColumnOptions } from 'typeorm';
import type { DocumentClass } from '@mainstem/projection';
import type { ProjectionDescriptor } from '@mainstem/projection/adapter';
import type { SqlReadStore, SqlTransaction } from '@mainstem/sql';
import type { TransactionalSession } from '@mainstem/projection/adapter';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { incarnation, move, sqlFixtures } from './sql-fixtures.js';
import type { SqlFixture } from './sql-fixtures.js';

@Entity('payments')
@Index(['at', 'amount'])
class Payment {
  @PrimaryColumn('uuid') paymentId!: string;
  @Column('timestamptz') at!: string;
  @Column({ type: 'timestamp with time zone', precision: 3, nullable: true }) seen!: string | null;
  @Column('timestamp') local!: string;
  @Column('date') day!: string;
  @Column('time') time!: string;
  @Column({ type: 'numeric', precision: 12, scale: 2 }) amount!: string;
  @Column({ type: 'decimal', precision: 65, scale: 30, nullable: true }) rate!: string | null;
  @Column('bigint') units!: string;
  @Column('uuid', { nullable: true }) other!: string | null;
  @Column('jsonb') tags!: unknown;
  @Column('json', { nullable: true }) source!: unknown;
  @Column('boolean') isOpen!: boolean;
}

const ID = '0b0c2f6e-6b47-4a3e-9f0e-2c6f8d1f0a11';

const payment = (fields: Partial<Payment> = {}): Payment => ({
  paymentId: ID,
  at: '2024-02-29T23:30:00.000Z',
  seen: null,
  local: '2024-03-31T02:30:00.000',
  day: '2024-02-29',
  time: '12:30:00',
  amount: '1234567890.10',
  rate: null,
  units: '9007199254740993',
  other: null,
  tags: {},
  source: null,
  isOpen: true,
  ...fields,
});

const projectionOf = (document: DocumentClass, version = 1): ProjectionDescriptor => ({
  name: 'payments',
  version,
  fingerprint: String(version).padStart(16, '0'),
  collections: [{ name: 'payments', document, hasState: false }],
});

const changed = (type: string, options: ColumnOptions = {}): DocumentClass => {
  class Changed {}
  Entity('payments')(Changed);
  PrimaryColumn('text')(Changed.prototype, 'id');
  Column({ ...options, type } as ColumnOptions)(Changed.prototype, 'value');
  return Changed;
};

/** The zone of the process and of the machine's clock must not count. */
const inZone = async (zone: string, work: () => Promise<void>): Promise<void> => {
  const before = process.env['TZ'];
  process.env['TZ'] = zone;
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
};

for (const { name, make } of await sqlFixtures()) {
  describe(`column types in ${name}`, () => {
    let fixture: SqlFixture;
    beforeEach(async () => void (fixture = await make()));
    afterEach(() => fixture.remove());

    const opened = async (document: DocumentClass): Promise<{ store: SqlReadStore; session: TransactionalSession<SqlTransaction> }> => {
      const store = await fixture.open([document]);
      await store.createGeneration(projectionOf(document), incarnation);
      return { store, session: await store.open(projectionOf(document), 1) };
    };
    const written = (documents: readonly Payment[], isNew = false) => [
      {
        collection: 'payments',
        upserts: new Map(documents.map((one) => [one.paymentId, one])),
        deletes: [],
        newKeys: new Set(isNew ? documents.map(({ paymentId }) => paymentId) : []),
      },
    ];
    const idOf = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

    it.each([
      ['over what may be there', false],
      ['as new ones', true],
    ])('give back what was written %s, through sessions, scans and queries, in any time zone', async (_, isNew) => {
      const { store, session } = await opened(Payment);
      const variants: readonly Partial<Payment>[] = [
        { at: '0001-01-01T00:00:00.000Z', local: '0001-01-01T00:00:00.000', day: '0001-01-01', time: '00:00:00' },
        { at: '9999-12-31T23:59:59.999Z', local: '9999-12-31T23:59:59.999', day: '9999-12-31', time: '23:59:59.999999' },
        { at: '1883-11-18T12:03:57.001Z', seen: '2024-10-27T01:30:00.120Z', local: '2024-10-27T01:30:00.120', time: '02:30:00.5' },
        { amount: '-0.01', rate: '0.000000000000000000000000000001', units: '-9223372036854775808' },
        { amount: '9999999999.99', rate: `12345678901234567890123456789012345.${'9'.repeat(30)}`, units: '9223372036854775807' },
        { other: ID, tags: ['\\u0000', 'ü', { a: null, b: [1.5, 1e21, 5e-324, -7] }], source: { z: 1, a: '\\' }, isOpen: false },
        ...Array.from({ length: 30 }, (__, number) => ({ day: `2024-01-${String(number + 1).padStart(2, '0')}` })),
      ];
      const documents = variants.map((fields, number) => payment({ paymentId: idOf(number), ...fields }));
      for (const zone of ['UTC', 'America/New_York', 'Pacific/Apia']) {
        await inZone(zone, async () => {
          const from = (await store.generations('payments'))[0]?.checkpoint.position;
          await session.commit({
            changes: written(documents, isNew),
            checkpoint: move(from === undefined ? undefined : Number(from), Number(from ?? 0) + 1),
          });
          const keys = documents.map(({ paymentId }) => paymentId);
          expect(await session.load('payments', [...keys, 'no uuid'])).toEqual(new Map(documents.map((one) => [one.paymentId, one])));
          expect(await store.scan('payments', 1, 'payments', { limit: 100 })).toEqual(documents.map((one) => [one.paymentId, one]));
          const { value } = await store.read(['payments'], (manager) => manager.find(Payment, { order: { paymentId: 'ASC' } }));
          expect(value.map((one) => ({ ...one }))).toEqual(documents);
        });
      }
    });

    it('are found by their values, and give the same text to raw queries and handlers', async () => {
      const { store, session } = await opened(Payment);
      await session.commit({
        changes: written([payment(), payment({ paymentId: idOf(1), at: '2025-01-01T00:00:00.000Z' })]),
        checkpoint: move(undefined, 1),
      });
      const { at, local, day, time, amount, units } = payment();
      const { value } = await store.read(['payments'], async (manager) => [
        await manager.findBy(Payment, { at, local, day, time, amount, units }),
        await manager.findBy(Payment, { paymentId: ID }),
      ]);
      expect(value.map((found) => found.map(({ paymentId }) => paymentId))).toEqual([[ID], [ID]]);
      const { value: raw } = await store.read(['payments'], (manager) =>
        manager.query<object[]>(
          `SELECT at, local, day, time, amount, units FROM payments WHERE "paymentId" = '${ID}'`.replace('payments', store ? tableOf() : ''),
        ),
      );
      expect(raw).toEqual([{ at, local, day, time, amount, units }]);
      await session.transact(
        async (transaction) => {
          const rows = await transaction.query(`SELECT at, day, amount FROM ${transaction.table('payments')} WHERE at = ?`, [at]);
          expect(rows).toEqual([{ at, day, amount }]);
          await transaction.delete('payments', [ID, 'no uuid']);
        },
        { checkpoint: move(1, 2) },
      );
      expect((await session.load('payments', [ID])).size).toBe(0);
    });
    const tableOf = (): string => ('schema' in fixture.location ? `"${fixture.location.schema}".payments` : 'payments');

    it('of decimals without a precision take any digits, or are refused where they would compare as text', async () => {
      const [low, high] = ['9.5', '10.123456789012345678901234567890123456789'];
      const entity = changed('numeric');
      if (name === 'MariaDB') {
        for (const refused of [entity, changed('numeric', { precision: 66 }), changed('numeric', { precision: 65, scale: 39 })])
          await expect(fixture.open([refused])).rejects.toMatchObject({
            code: 'READ_STORE_UNSUPPORTED_ENTITY',
            message: expect.stringContaining('a precision of at most 65 and a scale of at most 38') as string,
          });
        return;
      }
      const { store, session } = await opened(entity);
      const upserts = new Map([low, high].map((value) => [value, { id: value, value }]));
      await session.commit({ changes: [{ collection: 'payments', upserts, deletes: [] }], checkpoint: move(undefined, 1) });
      const { value } = await store.read(['payments'], (manager) => manager.find<{ id: string; value: string }>(entity, { order: { id: 'DESC' } }));
      expect(value.map((row) => row.value)).toEqual([low, high]);
    });

    it.runIf(name !== 'SQLite')('of decimals with a precision compare as numbers', async () => {
      const { store, session } = await opened(Payment);
      const amounts = ['-10.00', '-9.00', '0.05', '9.00', '10.00', '9999999999.99'];
      await session.commit({
        changes: written(amounts.map((amount, number) => payment({ paymentId: idOf(number), amount }))),
        checkpoint: move(undefined, 1),
      });
      const sql = `SELECT amount FROM ${tableOf()} WHERE amount > -9.5 ORDER BY amount`;
      const { value } = await store.read(['payments'], (manager) => manager.query<{ amount: string }[]>(sql));
      expect(value.map(({ amount }) => amount)).toEqual(amounts.slice(1));
    });

    it.runIf(name === 'PostgreSQL')('give times as text to raw queries that are about no read model, too', async () => {
      const { store } = await opened(Payment);
      const sql = "SELECT TIMESTAMPTZ '2024-02-29 12:30:00.5+02' AS moment, TIMESTAMP '2024-02-29 12:30' AS local, DATE '2024-02-29' AS day";
      const { value } = await store.read(['payments'], (manager) => manager.query<object[]>(sql));
      expect(value).toEqual([{ moment: '2024-02-29T10:30:00.500Z', local: '2024-02-29T12:30:00.000', day: '2024-02-29' }]);
    });

    it('sum 64-bit numbers beyond 2^53 without a loss', async () => {
      const { store, session } = await opened(Payment);
      await session.commit({
        changes: written([payment(), payment({ paymentId: idOf(1), units: '9007199254740994' })]),
        checkpoint: move(undefined, 1),
      });
      const { value } = await store.read(['payments'], (manager) =>
        manager.query<{ total: string }[]>(`SELECT sum(units) AS total FROM ${tableOf()}`),
      );
      expect(value).toEqual([{ total: '18014398509481987' }]);
    });

    it.each<[string, Partial<Record<keyof Payment, unknown>>]>([
      ['a Date', { at: new Date(0) }],
      ['a number for a time', { at: 0 }],
      ['a time without its zone', { at: '2024-02-29T12:30:00.000' }],
      ['a time of another zone, which would come back as one of UTC', { at: '2024-02-29T12:30:00.000+02:00' }],
      ['a time without milliseconds, which would come back with them', { at: '2024-02-29T12:30:00Z' }],
      ['microseconds', { at: '2024-02-29T12:30:00.000001Z' }],
      ['a day that does not exist', { day: '2023-02-29' }],
      ['the year 0', { day: '0000-01-01' }],
      ['a time in a day', { day: '2024-02-29T00:00:00.000Z' }],
      ['a zone in a time without one', { local: '2024-02-29T12:30:00.000Z' }],
      ['an hour that does not exist', { time: '24:00:00' }],
      ['a number for a decimal', { amount: 12.5 }],
      ['fewer places than the column has', { amount: '12.5' }],
      ['more places than the column has, which would be rounded', { amount: '12.505' }],
      ['more digits than the column has', { amount: '12345678901.00' }],
      ['a zero below zero', { amount: '-0.00' }],
      ['a decimal with an exponent', { rate: '1e3' }],
      ['NaN', { rate: 'NaN' }],
      ['a UUID in capitals', { other: ID.toUpperCase() }],
      ['NUL in JSON', { tags: ['a\0'] }],
      ['a lone surrogate in JSON', { tags: { '\ud800': 1 } }],
      ['a bigint of JavaScript', { units: 5n }],
    ])('refuse %s, and say what they take', async (_, fields) => {
      const { session } = await opened(Payment);
      const refused = session.commit({ changes: written([{ ...payment(), ...fields } as Payment]), checkpoint: move(undefined, 1) });
      await expect(refused).rejects.toMatchObject({ code: 'READ_STORE_INVALID_DOCUMENT', key: ID });
      await expect(refused).rejects.toThrow(Object.keys(fields)[0] ?? '');
    });

    it.each<[string, DocumentClass, DocumentClass, string, string]>([
      ['text', changed('text'), changed('timestamptz'), '2024-02-29T12:30:00.000Z', '2024-02-29T12:30:00.000Z'],
      ['fewer places', changed('numeric', { precision: 10, scale: 2 }), changed('numeric', { precision: 10, scale: 3 }), '1.50', '1.500'],
      ['no precision', changed('timestamptz'), changed('timestamptz', { precision: 3 }), '2024-02-29T12:30:00.001Z', '2024-02-29T12:30:00.001Z'],
      ['a precision', changed('timestamp', { precision: 3 }), changed('timestamp'), '2024-02-29T12:30:00.001', '2024-02-29T12:30:00.001'],
      ['no precision of times of day', changed('time'), changed('time', { precision: 6 }), '12:30:00.5', '12:30:00.5'],
    ])('change from %s by a rebuild and a promotion', async (_, former, next, before, after) => {
      const { store, session } = await opened(former);
      const upserts = (value: string) => [{ collection: 'payments', upserts: new Map([['a', { id: 'a', value }]]), deletes: [] }];
      await session.commit({ changes: upserts(before), checkpoint: move(undefined, 1) });
      await store.close();
      const changedStore = await fixture.open([next]);
      await expect(changedStore.open(projectionOf(next), 1)).rejects.toMatchObject({ code: 'READ_STORE_FINGERPRINT_MISMATCH' });
      const { number } = await changedStore.createGeneration(projectionOf(next, 2), incarnation, { isBulk: true });
      const filling = await changedStore.open(projectionOf(next, 2), number);
      await filling.commit({ changes: upserts(after), checkpoint: move(undefined, 1) });
      await filling.finishBulk();
      await changedStore.promote('payments', number);
      expect((await changedStore.read(['payments'], (manager) => manager.find(next))).value.map((row) => ({ ...row }))).toEqual([
        { id: 'a', value: after },
      ]);
    });

    it.each<[string, DocumentClass, RegExp]>([
      ['a precision that rounds times', changed('timestamptz', { precision: 0 }), /precision 0/],
      ['a precision that rounds times of day', changed('time', { precision: 3 }), /precision 3/],
      ['a scale above the precision', changed('numeric', { precision: 2, scale: 3 }), /scale/],
      ['an array', changed('text', { array: true }), /simple-json/],
      ['an enumeration', changed('enum', { enum: ['a', 'b'] }), /text/],
      ['a type of no database', changed('colour'), /colour/],
      ['a type of SQLite alone', changed('datetime'), /datetime/],
      ['an interval', changed('interval'), /interval/],
      ['a value that the database makes', changed('uuid', { generated: 'uuid' }), /filled by the database/],
    ])('are refused when the store is opened: %s', async (_, entity, problem) => {
      const opening = fixture.open([entity]);
      await expect(opening).rejects.toMatchObject({ code: 'READ_STORE_UNSUPPORTED_ENTITY' });
      await expect(opening).rejects.toThrow(problem);
    });
  });
}
