// Tells one more thing and ends, a while after it was asked to: the milliseconds are its argument.
import { setTimeout as delay } from 'node:timers/promises';

process.once('message', () => void delay(Number(process.argv[2])).then(sayAndEnd));
process.send?.({ kind: 'listening' });

const sayAndEnd = (): void => {
  process.send?.({ kind: 'word' });
  process.disconnect();
};
