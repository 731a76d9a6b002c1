// The harness itself: a process's messages arrive before its end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { WorkerProcess } from './support/worker-process.js';

const SAYS_AFTER_MS = 300;
const OTHERS_END_MS = 150;
const BUSY_MS = 700;

const busyFor = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until;);
};

it('gets the last message of a process that ends while the test is busy and others end, too', async () => {
  await using worker = new WorkerProcess('last-word.ts', { args: [String(SAYS_AFTER_MS)] });
  const other = spawn('sh', ['-c', 'read line; echo "$line"'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(other, 'close');
  await worker.until('listening');
  // Its line and its end are there at once; a listener of one end hears of all ends before any pipe is read.
  other.stdout.once('data', () => busyFor(BUSY_MS));
  worker.send({});
  other.stdin.end('gone\n');
  setImmediate(() => busyFor(OTHERS_END_MS));
  await expect(worker.until('word')).resolves.toMatchObject({ kind: 'word' });
  await worker.succeeded();
  await ended;
});
