// The projections of the SQL read model run in as many parts as the settings say.
import { MemoryReadStore } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { hostedOnSql, sqlProjections } from './sql-projections.js';

describe('the projections of the SQL read model', () => {
  const store = new MemoryReadStore();

  it('run in one part each by default, and are the declared ones', () => {
    expect(hostedOnSql(store).map(({ projection }) => projection)).toEqual(sqlProjections);
  });

  it('run in the parts that were set', () => {
    const parts = hostedOnSql(store, 'auto', { 'order-lines': 4, products: 2 }).map(({ projection }) => [
      projection.name,
      projection.partitions ?? 1,
    ]);
    expect(Object.fromEntries(parts)).toMatchObject({ 'order-lines': 4, products: 2, 'customer-profiles': 1 });
  });

  it('refuse parts if one writer must see all events', () => {
    const refused = { code: 'PROJECTION_NOT_PARTITIONABLE' };
    expect(() => hostedOnSql(store, 'auto', { 'sales-documents': 2 })).toThrow(expect.objectContaining(refused));
  });
});
