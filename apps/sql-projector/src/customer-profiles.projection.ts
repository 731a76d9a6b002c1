// What a customer's documents reveal about the customer: the countries, in order.
import { CustomerProfile } from '#apps/read-models/src/sql/customer-profile.entity.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { documentProjection } from '@mainstem/projection';

export const customerProfiles = documentProjection({
  name: 'customer-profiles',
  version: 1,
  document: CustomerProfile,
  events: [orderEvents, creditNoteEvents],
  key: (event) => (event.type === 'OrderPlaced' || event.type === 'CreditNoteIssued' ? event.data.customerId : null),
  evolve: {
    OrderPlaced: (profile, event, customerId) => withCountry(profile, customerId, event.data.country),
    CreditNoteIssued: (profile, event, customerId) => withCountry(profile, customerId, event.data.country),
  },
});

const withCountry = (profile: Readonly<CustomerProfile> | null, customerId: string, country: string): CustomerProfile => {
  if (!profile) return { customerId, countries: [country] };
  return profile.countries.at(-1) === country ? profile : { customerId, countries: [...profile.countries, country] };
};
