import { defineEvents, InMemoryEventStore, streamOf, type EventId } from '@mainstem/event-store';
import { randomUUID } from 'node:crypto';
import { IsInt, IsString } from 'class-validator';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { Projector } from '../run/projector.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import { documentProjection } from './document-projection.js';
import { handlerProjection } from './handler-projection.js';
import { on } from './on.js';

class Closed {
  @IsString() reason!: string;
}
class Ended {
  @IsInt() at!: number;
}
class Row {
  text!: string;
}
const customerEvents = defineEvents('customer', { Closed });
const productEvents = defineEvents('product', { Closed: Ended });
const key = (event: { readonly stream: string }): string => event.stream;

const documentsOf = async (projection: ReturnType<typeof documentProjection>): Promise<Record<string, Row>> => {
  const [reader, store] = [new InMemoryEventStore(), new MemoryReadStore()];
  let position;
  for (const [category, data] of [
    ['product', { at: 7 }],
    ['customer', { reason: 'moved' }],
    ['product', { at: 8 }],
  ] as const) {
    const event = { id: randomUUID() as EventId, type: 'Closed', data, metadata: {}, schemaVersion: 1 };
    ({ position } = await reader.append(streamOf(category, '1'), [event], { expectedRevision: 'any' }));
  }
  const projector = new Projector({ reader, projections: [{ projection, store }] });
  projector.start();
  if (position) await projector.waitFor('rows', position, { timeoutMs: 5_000 });
  await projector.stop();
  return Object.fromEntries(store.documents<Row>('rows'));
};

describe('names of events', () => {
  it('gives a projection no event of the same name from another category', async () => {
    const rows = documentProjection({
      name: 'rows',
      version: 1,
      document: Row,
      events: [customerEvents],
      key,
      evolve: { Closed: (_, { data }) => ({ text: data.reason }) },
    });
    expect(await documentsOf(rows)).toEqual({ 'customer-1': { text: 'moved' } });
  });

  it('feeds one projection from two registries with one type name, each with its own function', async () => {
    const rows = documentProjection({
      name: 'rows',
      version: 1,
      document: Row,
      events: [customerEvents, productEvents],
      key,
      evolve: [
        on<Row, typeof customerEvents>(customerEvents, { Closed: (_, { data }) => ({ text: data.reason }) }),
        on<Row, typeof productEvents>(productEvents, { Closed: (_, { data }) => ({ text: String(data.at) }) }),
      ],
    });
    expect(await documentsOf(rows)).toEqual({ 'customer-1': { text: 'moved' }, 'product-1': { text: '8' } });
  });

  it('infers documents and payloads of each registry, even if both have the type', async () => {
    const rows = documentProjection({
      name: 'rows',
      version: 1,
      document: Row,
      events: [customerEvents, productEvents],
      key,
      evolve: (on) => [
        on(customerEvents, {
          Closed: (row, { type, data }) => {
            expectTypeOf(row).toEqualTypeOf<Readonly<Row> | null>();
            expectTypeOf(type).toEqualTypeOf<'Closed'>();
            expectTypeOf(data).toEqualTypeOf<Readonly<Closed>>();
            return { text: data.reason };
          },
        }),
        on(productEvents, {
          Closed: (row, { data }) => {
            expectTypeOf(data).toEqualTypeOf<Readonly<Ended>>();
            return { text: `${row?.text ?? ''}${data.at}` };
          },
        }),
      ],
    });
    expect(await documentsOf(rows)).toEqual({ 'customer-1': { text: 'moved' }, 'product-1': { text: '78' } });
    // The same source text is the same definition, in either form.
    const listed = [on(customerEvents, { Closed: (_, { data }) => ({ text: data.reason }) })];
    const define = (evolve: typeof listed | (() => typeof listed)): string =>
      documentProjection({ name: 'rows', version: 1, document: Object, events: [customerEvents], key, evolve }).fingerprint;
    expect(define(() => listed)).toBe(define(listed));
  });

  it('has no types for payloads of another registry, unknown types or other documents', () => {
    const define = () =>
      documentProjection({
        name: 'rows',
        version: 1,
        document: Row,
        events: [customerEvents, productEvents],
        key,
        evolve: (on) => [
          // @ts-expect-error customers have no `at`
          on(customerEvents, { Closed: (_, { data }) => ({ text: String(data.at) }) }),
          // @ts-expect-error a text is no number
          on(productEvents, { Closed: (_, { data }) => ({ text: data.at }) }),
        ],
      });
    expect(define).not.toThrow();
    // @ts-expect-error there is no such type
    expect(() => on(productEvents, { Opened: () => null })).not.toThrow();
  });

  it('refuses functions by type alone if two registries have the type', () => {
    const define = (): unknown =>
      documentProjection({ name: 'rows', version: 1, document: Row, events: [customerEvents, productEvents], key, evolve: { Closed: () => null } });
    expect(define).toThrow(/on\(registry/);
  });

  it('gives a handler projection the events of every registry that declares the type', () => {
    const { wanted } = handlerProjection({
      name: 'rows',
      version: 1,
      tables: {},
      events: [customerEvents, productEvents],
      apply: async () => undefined,
    });
    expect(['customer-1', 'product-1', 'order-1'].map((stream) => wanted.wants({ type: 'Closed', stream } as never))).toEqual([true, true, false]);
  });

  it('refuses categories that can make one stream', () => {
    const events = [defineEvents('order', { Put: Closed }), defineEvents('order-line', { Added: Closed })] as const;
    expect(() => handlerProjection({ name: 'rows', version: 1, tables: {}, events, apply: async () => undefined })).toThrow(
      expect.objectContaining({ code: 'EVENT_STORE_AMBIGUOUS_CATEGORY' }),
    );
  });
});

describe('the fingerprint', () => {
  const project = (options: {
    key?: (event: { readonly stream: string }) => string;
    upcaster?: (data: object) => object;
    version?: number;
  }): string => {
    const { version = 2, upcaster = (data) => data } = options;
    const events = defineEvents('note', { Put: { data: Closed, version, upcasters: { 1: upcaster, 2: (data: object) => data } } });
    return documentProjection({ name: 'rows', version: 1, document: Row, events: [events], key: options.key ?? key, evolve: { Put: () => null } })
      .fingerprint;
  };

  it('changes with an upcaster and with the schema version', () => {
    const base = project({});
    expect(project({ upcaster: (data) => ({ ...data, reason: 'none' }) })).not.toBe(base);
    expect(project({ version: 3 })).not.toBe(base);
  });

  it('is refused for bound and native functions', () => {
    const code = expect.objectContaining({ code: 'PROJECTION_INVALID_DEFINITION' });
    expect(() => project({ key: key.bind(undefined) })).toThrow(code);
    expect(() => project({ key: String })).toThrow(code);
    expect(() => project({ upcaster: Object.freeze.bind(undefined) })).toThrow(code);
  });
});
