// A process that appends told events and reports acknowledgements: evenly spread, a number a message: `<dir> <delay
// ms>`.
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { toldCommand } from '../support/told-events.js';

const [dir = '', delayMs = '20'] = process.argv.slice(2);
const store = await EmbeddedEventStore.open({ dir });
let number = 0;
let appending = Promise.resolve();
let isStopped = false;

const append = async (commands: number): Promise<void> => {
  for (let left = commands; left > 0 && !isStopped; left--) {
    const own = number++;
    const { stream, events } = toldCommand(own);
    const { position } = await store.append(stream, events, { expectedRevision: 'any' });
    process.send?.({ kind: 'acknowledged', number: own, position: String(position) });
    await delay(Number(delayMs));
  }
};

process.on('message', ({ commands }: { readonly commands: number }) => {
  isStopped = commands === 0;
  if (isStopped) void appending.then(() => process.send?.({ kind: 'paused' }));
  else appending = appending.then(() => append(commands));
});
process.send?.({ kind: 'ready' });
