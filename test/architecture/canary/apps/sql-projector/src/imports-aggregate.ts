// Breaks projector-reads-events-only.
export { order } from '../../../src/ledger/order.aggregate.js';
