// Sends numbered commands to long streams with snapshots, and earlier ones again: `<dir> <first> <seed>`.
import { CommandExecutor } from '@mainstem/aggregate';
import { EmbeddedEventStore, EmbeddedSnapshotStore } from '@mainstem/embedded';
import { seededRandom } from '@mainstem/testing';
import { STREAMS, turnstile } from '../support/turnstile.js';

const [dir = '', first = '0', seed = '1'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const store = await EmbeddedEventStore.open({ dir });
const snapshots = new EmbeddedSnapshotStore({ dir });
const executor = new CommandExecutor({
  store,
  snapshots,
  // Few states and few places are kept, so that streams are loaded, and the filter is asked, again and again.
  cache: { streamsMax: 2, commandIdsMax: 100 },
  onSnapshot: ({ outcome, reason, error }) => process.send?.({ kind: outcome, reason, error: String(error ?? '') }),
});

const send = async (number: number): Promise<void> => {
  const { nextRevision, isRepeat } = await executor.execute(turnstile, String(number % STREAMS), { number }, { commandId: `c${number}` });
  process.send?.({ kind: 'answered', number, revision: Number(nextRevision), isRepeat });
};

process.send?.({ kind: 'open' });
for (let number = Number(first); ; number++) {
  await send(number);
  if (random.int(0, 3) === 0) await send(random.int(0, number));
}
