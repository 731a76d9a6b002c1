// Rebuilds the tallies of one store and rolls them back by turns, each time until the running projector has taken over,
// and reports the times of the promotions: `<store> <folder> <scope> <rounds>`.
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { ReadStore } from '@mainstem/projection';
import { Rebuilder, rollBack, type RebuiltProjection } from '@mainstem/projection/operate';
import { storeNamed } from '../stores/store-under-test.js';
import { talliesOf } from '../stores/told-projections.js';
import { withMethods } from '../support/with-methods.js';

const FOLLOW_MS = 120_000;
const GENERATIONS_KEPT = 4;
const [name = '', dir = '', scope = '', rounds = '1'] = process.argv.slice(2);

const reader = await EmbeddedEventStore.open({ dir, isReadOnly: true });
const store = await (await storeNamed(name)).open({ dir, scope });

/** The time of each promoting call, and the number of refused ones, because the old writer was faster. */
const tookMs: number[] = [];
let refused = 0;
const promote = async (...call: Parameters<ReadStore['promote']>): Promise<void> => {
  const startedAt = performance.now();
  try {
    await store.promote(...call);
    tookMs.push(Math.round(performance.now() - startedAt));
  } catch (error) {
    refused++;
    throw error;
  }
};
const hosted = { projection: talliesOf(), store: withMethods<ReadStore>(store, { promote }) };

const round = async (number: number): Promise<RebuiltProjection | undefined> => {
  if (number % 2 === 1) return rollBack({ reader, hosted, followMs: FOLLOW_MS });
  for (const generation of (await store.generations('tallies')).slice(0, -GENERATIONS_KEPT)) {
    if (generation.state === 'retired') await store.dropGeneration('tallies', generation.number);
  }
  return (await new Rebuilder({ reader, projections: [hosted], followMs: FOLLOW_MS }).run()).projections[0];
};

for (let number = 0; number < Number(rounds); number++) {
  const startedAt = performance.now();
  const { outcome, reason, isTakenOver, durationMs } = (await round(number)) ?? {};
  process.send?.({ kind: 'promoted', outcome, reason, isTakenOver, durationMs, totalMs: Math.round(performance.now() - startedAt) });
}
process.send?.({ kind: 'done', tookMs, refused });
await store.close();
await reader.close();
process.disconnect();
