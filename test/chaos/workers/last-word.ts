// Sends one more message and ends, some milliseconds (its argument) after the request.
import { setTimeout as delay } from 'node:timers/promises';

process.once('message', () => void delay(Number(process.argv[2])).then(sayAndEnd));
process.send?.({ kind: 'listening' });

const sayAndEnd = (): void => {
  process.send?.({ kind: 'word' });
  process.disconnect();
};
