// Documents come back exactly as written, or are refused with the name of the wrong field.
import fc from 'fast-check';
import type { EntityMetadata } from 'typeorm';
import { describe, expect, it } from 'vitest';
import type { ColumnKind, SqlValue } from './column-kind.js';
import { DocumentCodec } from './document-codec.js';
import type { DocumentColumn, EntityLayout } from './entity-layout.js';

const unlimited = { lengthMax: undefined, bytesMax: undefined };
const column = (property: string, kind: ColumnKind, options: Partial<DocumentColumn> = {}): DocumentColumn => ({
  property,
  column: property,
  kind,
  isNullable: false,
  limits: unlimited,
  ...options,
});

const layout: EntityLayout = {
  entity: 'Sample',
  view: 'sample',
  columns: [
    column('id', 'text', { limits: { lengthMax: undefined, bytesMax: 2_600 } }),
    column('name', 'text', { isNullable: true, limits: { lengthMax: 5, bytesMax: undefined } }),
    column('units', 'integer'),
    column('total', 'bigint'),
    column('ratio', 'double'),
    column('isOpen', 'boolean'),
    column('tags', 'json', { isNullable: true }),
  ],
  keyIndex: 0,
  metadata: {} as EntityMetadata,
  signature: '',
};

// A dialect that returns its input, like SQLite.
const decoderOf = (kind: ColumnKind) => (value: unknown) =>
  kind === 'boolean' ? value === 1 : kind === 'json' ? (JSON.parse(String(value)) as unknown) : value;
const codec = (hasState = false): DocumentCodec => new DocumentCodec('samples', layout, hasState, decoderOf);
const rowOf = (document: object, hasState = false): SqlValue[] => {
  const row: SqlValue[] = [];
  codec(hasState).encode('a', document, row);
  return row;
};
const sample = { id: 'a', name: 'Ann', units: 3, total: '9223372036854775807', ratio: 0.1, isOpen: true, tags: ['x', { y: null }] };

describe('document codec', () => {
  it('returns every accepted document unchanged', () => {
    const documents = fc.record({
      id: fc.constant('a'),
      name: fc.option(fc.string({ maxLength: 5, unit: 'grapheme-ascii' })),
      units: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      total: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
      ratio: fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      isOpen: fc.boolean(),
      tags: fc.option(fc.array(fc.dictionary(fc.string(), fc.integer()))),
    });
    fc.assert(
      fc.property(documents, (document) => {
        expect(codec().decode(rowOf(document))).toEqual(document);
      }),
    );
  });

  it('keeps the hidden state, and its absence', () => {
    const withState = { ...sample, $state: 'abc' };
    expect(codec(true).decode(rowOf(withState, true))).toEqual(withState);
    expect(codec(true).decode(rowOf(sample, true))).toEqual(sample);
  });

  it('stores -0 as 0, as JSON does', () => {
    expect(codec().decode(rowOf({ ...sample, units: -0, ratio: -0 }))).toStrictEqual({ ...sample, units: 0, ratio: 0 });
  });

  it.each<[string, object, string]>([
    ['a missing field', { ...sample, units: undefined }, 'units is missing'],
    ['null in a column that takes none', { ...sample, units: null }, 'units is null'],
    ['a field left out, even if its column takes null', { ...sample, name: undefined }, 'name is missing'],
    ['a number in a text column', { ...sample, name: 7 }, 'name holds 7'],
    ['text beyond the declared length', { ...sample, name: '123456' }, 'name holds "123456"'],
    ['NUL, which PostgreSQL cannot store', { ...sample, name: 'a\0' }, 'name holds'],
    ['a lone surrogate, which UTF-8 cannot hold', { ...sample, name: '\ud800' }, 'name holds'],
    ['a whole number beyond 32 bits', { ...sample, units: 2 ** 31 }, 'units holds 2147483648'],
    ['a fraction in a whole number', { ...sample, units: 1.5 }, 'units holds 1.5'],
    ['a 64-bit number that is too large', { ...sample, total: '9223372036854775808' }, 'total holds'],
    ['a 64-bit number as a JS number', { ...sample, total: 5 }, 'total holds 5'],
    ['a 64-bit number with a leading zero', { ...sample, total: '05' }, 'total holds "05"'],
    ['NaN', { ...sample, ratio: NaN }, 'ratio holds NaN'],
    ['a number for a boolean', { ...sample, isOpen: 1 }, 'isOpen holds 1'],
    ['JSON that would be changed', { ...sample, tags: [new Date(0)] }, 'tags holds an object'],
    ['a field without a column', { ...sample, colour: 'red' }, 'no column for colour'],
    ['a state where none is kept', { ...sample, $state: 'x' }, 'no column for $state'],
    ['another key', { ...sample, id: 'b' }, 'id must hold its key'],
  ])('refuses %s and names it', (_, document, problem) => {
    expect(() => rowOf(document)).toThrow(expect.objectContaining({ code: 'READ_STORE_INVALID_DOCUMENT' }));
    expect(() => rowOf(document)).toThrow(problem);
  });

  it('refuses a key that is too large for an index', () => {
    const key = 'é'.repeat(1_301);
    expect(() => codec().encode(key, { ...sample, id: key }, [])).toThrow('at most 2600 bytes');
    expect(() => codec().encode(key.slice(1), { ...sample, id: key.slice(1) }, [])).not.toThrow();
  });

  it('counts characters, not UTF-16 units', () => {
    expect(() => rowOf({ ...sample, name: '😀😀😀😀😀' })).not.toThrow();
    expect(() => rowOf({ ...sample, name: '😀😀😀😀😀😀' })).toThrow('at most 5 characters');
  });

  it('keeps a key named __proto__ inside JSON', () => {
    const tags = JSON.parse('[{"__proto__": 1}]') as unknown;
    expect(JSON.stringify(codec().decode(rowOf({ ...sample, tags })))).toContain('{"__proto__":1}');
  });
});
