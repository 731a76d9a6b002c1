// A product: its current description, the history of its price, and units sold, returned and corrected.
import { defineAggregate } from '@mainstem/aggregate';
import { assertNever } from '@mainstem/event-store';
import { RecordCorrection, RecordReturn, type ProductCommand, type RecordSale } from './product.commands.js';
import { productEvents, type ProductEvent } from './product.events.js';

export interface ProductPrice {
  readonly unitPrice: string;
  readonly at: string;
}

export interface ProductState {
  /** The one on the last line of an order; null before the first sale. */
  readonly description: string | null;
  /** Each price that differs from the one before it, in order; the last one is the current one. */
  readonly prices: readonly ProductPrice[];
  readonly unitsSold: number;
  readonly unitsReturned: number;
  /** The sum of all corrections of the stock. */
  readonly unitsCorrected: number;
}

const initialState: ProductState = { description: null, prices: [], unitsSold: 0, unitsReturned: 0, unitsCorrected: 0 };

const evolve = (state: ProductState, event: ProductEvent): ProductState => {
  switch (event.type) {
    case 'UnitsSold':
      return { ...state, unitsSold: state.unitsSold + event.data.quantity };
    case 'UnitsReturned':
      return { ...state, unitsReturned: state.unitsReturned + event.data.quantity };
    case 'StockCorrected':
      return { ...state, unitsCorrected: state.unitsCorrected + event.data.quantityDelta };
    case 'DescriptionChanged':
      return { ...state, description: event.data.description };
    case 'PriceChanged':
      return { ...state, prices: [...state.prices, { unitPrice: event.data.unitPrice, at: event.data.at }] };
    default:
      return assertNever(event);
  }
};

const decide = (command: ProductCommand, state: ProductState): readonly ProductEvent[] => {
  const { document, line } = command;
  if (command instanceof RecordReturn) return [{ type: 'UnitsReturned', data: { document, line, quantity: command.quantity } }];
  if (command instanceof RecordCorrection) return [{ type: 'StockCorrected', data: { document, line, quantityDelta: command.quantityDelta } }];
  return sold(command, state);
};

const sold = ({ document, line, quantity, description, unitPrice, at }: RecordSale, state: ProductState): readonly ProductEvent[] => {
  const events: ProductEvent[] = [{ type: 'UnitsSold', data: { document, line, quantity } }];
  if (description !== state.description) events.push({ type: 'DescriptionChanged', data: { description } });
  const current = state.prices.at(-1);
  if (!current || inThousandths(current.unitPrice) !== inThousandths(unitPrice)) events.push({ type: 'PriceChanged', data: { unitPrice, at } });
  return events;
};

/** 2.5 and 2.50 are one price. */
const inThousandths = (unitPrice: string): string => {
  const [whole = '', fraction = ''] = unitPrice.split('.');
  return `${whole}${fraction.padEnd(3, '0')}`;
};

export const product = defineAggregate({ category: 'product', events: productEvents, initialState, evolve, decide });
