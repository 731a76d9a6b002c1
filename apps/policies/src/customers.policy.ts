// Customers follow from orders and credit notes: each line is told to the customer of its document.
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { customer } from '#src/ledger/customer/customer.aggregate.js';
import { RecordPurchase, RecordReturn } from '#src/ledger/customer/customer.commands.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import type { EventReader, RecordedEvent } from '@mainstem/event-store';
import { reactor, send, type Reactor } from '@mainstem/process';
import { aggregateIdOf } from './aggregate-id.js';
import { DocumentCustomers } from './document-customers.js';

/** Documents without a customer are left out: whose units they are cannot be told. */
export const customersPolicy = (reader: Pick<EventReader, 'readStream'>): Reactor => {
  const customers = new DocumentCustomers(reader);
  return reactor({
    name: 'customers-policy',
    events: [orderEvents, creditNoteEvents],
    startsAt: 'first-event',
    // A return counts against the purchases before it, which are in other documents.
    key: () => 'ledger',
    together: true,
    react: {
      OrderPlaced: ({ stream, data }) => {
        customers.learn(stream, data.customerId);
        return [];
      },
      CreditNoteIssued: ({ stream, data }) => {
        customers.learn(stream, data.customerId);
        return [];
      },
      OrderLineAdded: async (event) => toCustomer('purchase', await customers.of(event.stream), lineIn(new RecordPurchase(), event)),
      CreditLineAdded: async (event) => toCustomer('return', await customers.of(event.stream), lineIn(new RecordReturn(), event)),
    },
  });
};

type LineEvent = RecordedEvent<string, { readonly line: number; readonly sku: string; readonly quantity: number }>;

const lineIn = <Command extends RecordPurchase | RecordReturn>(command: Command, { stream, data: { line, sku, quantity } }: LineEvent): Command =>
  Object.assign(command, { document: stream, line, sku, quantity });

const toCustomer = (step: string, customerId: string | null, command: RecordPurchase | RecordReturn) =>
  customerId === null ? [] : [send(step, customer, aggregateIdOf(customerId), command)];
