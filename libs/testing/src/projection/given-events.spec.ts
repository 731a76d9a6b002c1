// Scenarios show what a projection does, and catch one that is not pure.
import { defineEvents } from '@mainstem/event-store';
import { count, documentProjection, rollUp } from '@mainstem/projection';
import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { givenEvents, type GivenEvent } from './given-events.js';

class AddedData {
  @IsString() item!: string;
}
class Basket {
  items!: string[];
}
class Size {
  size!: string;
  baskets!: number;
}
const events = defineEvents('basket', { Added: AddedData, Emptied: class {} });

const basket = documentProjection({
  name: 'basket',
  version: 1,
  document: Basket,
  events: [events],
  key: (event) => event.stream,
  evolve: { Added: (document, { data }) => ({ items: [...(document?.items ?? []), data.item] }), Emptied: () => null },
  rollUps: [
    rollUp(Basket, { name: 'size', document: Size, keyField: 'size', groupBy: ({ items }) => String(items.length), measures: { baskets: count() } }),
  ],
});

const added = (stream: string, item: string): GivenEvent => ({ stream, type: 'Added', data: { item } });

describe('givenEvents', () => {
  it('asserts documents and roll-ups', () => {
    givenEvents(basket, [added('basket-1', 'a'), added('basket-2', 'b')])
      .thenDocument('size', '1', { size: '1', baskets: 2 })
      .when(added('basket-1', 'c'))
      .thenDocument('basket', 'basket-1', { items: ['a', 'c'] })
      .thenDocument('size', '1', { size: '1', baskets: 1 })
      .when({ stream: 'basket-1', type: 'Emptied', data: {} })
      .thenNoDocument('basket', 'basket-1')
      .thenNoDocument('size', '2');
  });

  it('fails when a document is not as expected', () => {
    const scenario = givenEvents(basket, [added('basket-1', 'a')]);
    expect(() => scenario.thenDocument('basket', 'basket-1', { items: ['b'] })).toThrow();
    expect(() => scenario.thenNoDocument('basket', 'basket-1')).toThrow();
    expect(() => scenario.thenDocument('nothing', 'basket-1', {})).toThrow('no collection nothing');
  });

  it('catches an evolve that changes its document in place', () => {
    const impure = documentProjection({
      name: 'impure',
      version: 1,
      document: Basket,
      events: [events],
      key: (event) => event.stream,
      evolve: {
        Added: (document, { data }) => {
          const changed = (document ?? { items: [] }) as Basket;
          changed.items.push(data.item);
          return changed;
        },
      },
    });
    givenEvents(impure, [added('basket-1', 'a'), added('basket-1', 'b')]).thenFails(/basket-1.*not extensible/);
  });
});
