// A process that appends told events without end and reports acknowledged commands: `<dir> <first number> <clients>`.
import { EmbeddedEventStore } from '@mainstem/embedded';
import { toldCommand } from '../support/told-events.js';

const [dir = '', first = '0', clients = '8'] = process.argv.slice(2);
const store = await EmbeddedEventStore.open({ dir });
let number = Number(first);

const client = async (): Promise<void> => {
  for (;;) {
    const own = number++;
    const { stream, events } = toldCommand(own);
    const { position } = await store.append(stream, events, { expectedRevision: 'any' });
    process.send?.({ kind: 'acknowledged', number: own, position: String(position) });
  }
};

process.send?.({ kind: 'open' });
await Promise.all(Array.from({ length: Number(clients) }, client));
