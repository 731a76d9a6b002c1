// One document for each SKU on an order or credit line, with all the words of its descriptions.
import { ProductText } from '#apps/read-models/src/search/product-text.document.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { documentProjection } from '@mainstem/projection';

export const productTexts = documentProjection({
  name: 'product-texts',
  version: 1,
  document: ProductText,
  events: [orderEvents, creditNoteEvents],
  key: (event) => (event.type === 'OrderLineAdded' || event.type === 'CreditLineAdded' ? event.data.sku : null),
  evolve: {
    OrderLineAdded: (product, event, sku) =>
      described(product ?? { sku, description: null, descriptions: [] }, event.data.description, event.data.description),
    CreditLineAdded: (product, event, sku) =>
      described(product ?? { sku, description: null, descriptions: [] }, product?.description ?? null, event.data.description),
  },
});

/** The product with a description to show and one to search; the same object if nothing changes. */
const described = (product: Readonly<ProductText>, shown: string | null, searched: string): ProductText => {
  const isKnown = product.descriptions.includes(searched);
  if (isKnown && product.description === shown) return product;
  return { sku: product.sku, description: shown, descriptions: isKnown ? product.descriptions : [...product.descriptions, searched] };
};
