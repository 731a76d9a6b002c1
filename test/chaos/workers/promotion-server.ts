// Takes commands, runs a projector and answers queries of one read store, each at a fixed rate, and reports wrong,
// stale and failed answers: `<store> <folder> <scope> <commands a second> <reads a second>`.
import { EmbeddedEventStore } from '@mainstem/embedded';
import { eventIdOf, streamName, type NewEvent, type Position } from '@mainstem/event-store';
import { Projector, waitForPosition } from '@mainstem/projection';
import { storeNamed } from '../stores/store-under-test.js';
import { talliesOf } from '../stores/told-projections.js';
import { atRate } from '../support/at-rate.js';

/** Only failed or old answers count; a busy machine may be slow. */
const READ_TIMEOUT_MS = 120_000;
const FLAWS_TOLD = 20;
const [name = '', dir = '', scope = '', commandsPerSecond = '200', readsPerSecond = '200'] = process.argv.slice(2);

const events = await EmbeddedEventStore.open({ dir });
const storeUnderTest = await storeNamed(name);
const { readTally } = storeUnderTest;
if (!readTally) throw new TypeError(`no query reads ${name}`);
const store = await storeUnderTest.open({ dir, scope });
const projector = new Projector({ reader: events, projections: [{ projection: talliesOf(), store }] });
projector.start();

/** An acknowledged command: what a query must see from this position on. */
interface Acknowledged {
  readonly stream: string;
  readonly word: string;
  readonly events: number;
  readonly position: Position;
}
let latest: Acknowledged | undefined;
/** The positions that queries have shown: none may go back behind them. */
let shown = 0n;
let [commands, reads, slowestMs] = [0, 0, 0];
const flaws: string[] = [];
const failed = (what: string) => (error: unknown) => void flaws.push(`${what} failed: ${String(error)}`);

const command = async (): Promise<void> => {
  const number = ++commands;
  const [stream, word] = [streamName(`told-p${number}`), `word${number}`];
  const told = Array.from({ length: 1 + (number % 3) }, (_, index): NewEvent => ({
    id: eventIdOf(word, stream, index),
    type: 'Counted',
    data: { number, index, text: `has ${word}`, amount: index + (number % 2) },
    metadata: { commandId: word },
  }));
  const { position } = await events.append(stream, told, { expectedRevision: 'no-stream' });
  if (latest === undefined || position > latest.position) latest = { stream, word, events: told.length, position };
};

const read = async (): Promise<void> => {
  const wanted = latest;
  if (!wanted) return;
  reads++;
  const startedAt = performance.now();
  await waitForPosition(store, ['tallies'], wanted.position, { timeoutMs: READ_TIMEOUT_MS });
  const least = shown > wanted.position ? shown : wanted.position;
  const { value, position } = await readTally(store, wanted.stream, wanted.word);
  slowestMs = Math.max(slowestMs, performance.now() - startedAt);
  if (value?.stream !== wanted.stream || value.events !== wanted.events) {
    flaws.push(`${wanted.stream} has ${value?.events} events, not ${wanted.events}`);
  }
  if (position === undefined || position < least) flaws.push(`shows ${position}, had to show ${least}`);
  else if (position > shown) shown = position;
};

const atEnd = async (): Promise<void> => {
  const head = await events.head();
  if (head !== undefined) await projector.waitFor('tallies', head, { timeoutMs: READ_TIMEOUT_MS });
};

await atEnd();
const stops = [atRate(Number(commandsPerSecond), command, failed('a command')), atRate(Number(readsPerSecond), read, failed('a read'))];
process.send?.({ kind: 'serving' });
process.on('message', ({ action }: { readonly action: 'count' | 'stop' }) => {
  if (action === 'count') return void process.send?.({ kind: 'counted', commands, reads });
  void (async () => {
    for (const stop of stops) await stop();
    await atEnd();
    await projector.stop();
    await store.close();
    await events.close();
    process.send?.({ kind: 'served', commands, reads, slowestMs, flaws: flaws.slice(0, FLAWS_TOLD), flawCount: flaws.length });
    process.disconnect();
  })();
});
