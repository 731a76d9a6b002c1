// An entity holds documents on a database, or is refused when the store is opened: by all, but for decimals on MariaDB.
import 'reflect-metadata';
import { isMainstemError } from '@mainstem/event-store';
import type { DocumentClass } from '@mainstem/projection';
import { Column, Entity, Index, PrimaryColumn, type ColumnOptions, type IndexOptions } from 'typeorm';
import { afterAll, describe, expect, it } from 'vitest';
import { incarnation, move, sqlFixtures } from './sql-fixtures.js';

interface Shape {
  readonly name: string;
  /** By all databases, or by those that take it. */
  readonly isTaken: boolean | readonly string[];
  readonly column: ColumnOptions;
  readonly value: unknown;
  readonly index?: IndexOptions;
}

const TEXTS: readonly ColumnOptions['type'][] = [String, 'varchar', 'character varying'];
const DAY = '2024-02-29';
const VALUES: readonly (readonly [ColumnOptions['type'], unknown])[] = [
  ...[...TEXTS, 'text' as const].map((type) => [type, 'ab'] as const),
  ...([Number, 'int', 'integer', 'smallint', 'int2'] as const).map((type) => [type, 7] as const),
  ...(['bigint', 'int8', 'numeric', 'decimal'] as const).map((type) => [type, '7'] as const),
  ...(['double precision', 'float'] as const).map((type) => [type, 0.5] as const),
  ...([Boolean, 'boolean'] as const).map((type) => [type, true] as const),
  ...(['simple-json', 'json', 'jsonb'] as const).map((type) => [type, { a: [1] }] as const),
  ...(['timestamptz', 'timestamp with time zone'] as const).map((type) => [type, `${DAY}T12:30:00.000Z`] as const),
  ...(['timestamp', 'timestamp without time zone'] as const).map((type) => [type, `${DAY}T12:30:00.000`] as const),
  ...(['time', 'time without time zone'] as const).map((type) => [type, '12:30:00'] as const),
  ['date', DAY],
  ['uuid', '0b0c2f6e-6b47-4a3e-9f0e-2c6f8d1f0a11'],
];
const nameOf = (type: ColumnOptions['type']): string => (typeof type === 'function' ? type.name : String(type));

const SHAPES: readonly Shape[] = [
  ...VALUES.map(([type, value]) => ({
    name: nameOf(type),
    isTaken: type === 'numeric' || type === 'decimal' ? ['SQLite', 'PostgreSQL'] : true,
    column: { type } as ColumnOptions,
    value,
  })),
  { name: 'numeric with a precision', isTaken: true, column: { type: 'numeric', precision: 38 }, value: '-12345678901234567890123456789012345678' },
  ...VALUES.map(([type, value]) => ({
    name: `${nameOf(type)} with a length`,
    isTaken: TEXTS.includes(type),
    column: { type, length: 3 } as ColumnOptions,
    value,
  })),
  ...TEXTS.flatMap((type) =>
    ['x', -1, '0', 1.5].map((length) => ({
      name: `${nameOf(type)} of length ${length}`,
      isTaken: false,
      column: { type, length } as ColumnOptions,
      value: 'a',
    })),
  ),
  ...['concurrent', 'spatial', 'fulltext'].map((option) => ({
    name: `an index that is ${option}`,
    isTaken: false,
    column: { type: 'text' } as ColumnOptions,
    value: 'a',
    index: { [option]: true },
  })),
  { name: 'an index with a condition', isTaken: true, column: { type: 'text' }, value: 'a', index: { where: "value <> 'b'" } },
];

const entityOf = ({ column, index }: Shape, table: string): DocumentClass => {
  class Shaped {}
  Entity(table)(Shaped);
  PrimaryColumn('text')(Shaped.prototype, 'id');
  Column(column)(Shaped.prototype, 'value');
  if (index) Index(['value'], index)(Shaped);
  return Shaped;
};

for (const { name, make } of await sqlFixtures()) {
  describe(`entities on ${name}`, async () => {
    const fixture = await make();
    afterAll(() => fixture.remove());

    const isTakenBy = ({ isTaken }: Shape): boolean => (typeof isTaken === 'boolean' ? isTaken : isTaken.includes(name));

    /** What becomes of one document: it comes back, or its entity is refused. */
    const verdictOn = async (shape: Shape, table: string): Promise<unknown> => {
      const document = entityOf(shape, table);
      try {
        const store = await fixture.open([document]);
        const projection = { name: table, version: 1, fingerprint: '00000000000000aa', collections: [{ name: table, document, hasState: false }] };
        await store.createGeneration(projection, incarnation);
        const session = await store.open(projection, 1);
        const upserts = new Map([['one', { id: 'one', value: shape.value }]]);
        await session.commit({ changes: [{ collection: table, upserts, deletes: [] }], checkpoint: move(undefined, 1) });
        const { value } = await store.read([table], (manager) => manager.find(document));
        await store.close();
        return (value[0] as { value?: unknown } | undefined)?.value;
      } catch (error) {
        return isMainstemError(error, 'READ_STORE_UNSUPPORTED_ENTITY') ? 'refused' : error;
      }
    };

    it.each(SHAPES.map((shape, place) => [shape.name, shape, `shape_${place}`] as const))(
      'hold documents or are refused: %s',
      async (_, shape, table) => {
        expect(await verdictOn(shape, table)).toEqual(isTakenBy(shape) ? shape.value : 'refused');
      },
    );
  });
}
