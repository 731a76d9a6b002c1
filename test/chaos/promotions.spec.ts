// Promotions and rollbacks under load, on every read store with a server: no query fails or goes back.
import { EmbeddedEventStore } from '@mainstem/embedded';
import { describe, expect, it } from 'vitest';
import { storeNamed, storesToTest } from './stores/store-under-test.js';
import { toldCommand } from './support/told-events.js';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess, type Told } from './support/worker-process.js';

const PROMOTIONS = trials(50);
const PER_SECOND = 200;
const COMMANDS_BEFORE = 300;
/** Commands and queries during a promotion: in at least half of them, because a busy machine may be slow. */
const EACH_MIN = 5;
const TIMEOUT_MS = 60_000 + 20_000 * PROMOTIONS;

const chance = chanceOf('promotions');
// The embedded stores, all at once: rebuild.spec.ts.
const stores = await storesToTest(['postgres', 'mariadb', 'redis', 'opensearch']);

describe.for(stores)('read models on %s', (name) => {
  it(
    `fail no query and show nothing stale during ${PROMOTIONS} promotions and rollbacks, under ${PER_SECOND} reads and commands a second`,
    { timeout: TIMEOUT_MS },
    () =>
      inFolder(async (dir) => {
        const scope = `mainstem_promote_${process.pid}_${chance.int(0, 2 ** 30)}`;
        const events = await EmbeddedEventStore.open({ dir });
        for (let number = 0; number < COMMANDS_BEFORE; number++) {
          const { stream, events: told } = toldCommand(number);
          await events.append(stream, told, { expectedRevision: 'any' });
        }
        await events.close();
        try {
          await underLoad(name, dir, scope);
        } finally {
          await (await storeNamed(name)).remove({ dir, scope });
        }
      }),
  );
});

const underLoad = async (name: string, dir: string, scope: string): Promise<void> => {
  await using serving = new WorkerProcess('promotion-server.ts', { args: [name, dir, scope, String(PER_SECOND), String(PER_SECOND)] });
  await serving.until('serving');
  const startedAt = performance.now();
  await using promoter = new WorkerProcess('promoter.ts', { args: [name, dir, scope, String(PROMOTIONS)] });
  const promoted: Told[] = [];
  // After each promotion: the number of commands and queries so far.
  const served: Told[] = [];
  serving.listen((message) => void (message.kind === 'counted' && served.push(message)));
  promoter.listen((message) => {
    if (message.kind !== 'promoted') return;
    promoted.push(message);
    serving.send({ action: 'count' });
  });
  const { tookMs, refused } = await promoter.until('done');
  await promoter.succeeded();
  const seconds = (performance.now() - startedAt) / 1_000;
  serving.send({ action: 'stop' });
  const { commands, reads, slowestMs, flaws, flawCount } = await serving.until('served');
  await serving.succeeded();
  const readsEach = meanwhile(served, 'reads');
  console.log(
    `${name}: ${PROMOTIONS} promotions in ${seconds.toFixed(0)} s; the calls took ${spread(tookMs as number[])} ms, ${String(refused)} were refused; ` +
      `until they served ${spread(promoted.map(({ durationMs }) => Number(durationMs)))} ms, with ${spread(readsEach)} reads during each; ` +
      `${Math.round(Number(commands) / seconds)} commands and ${Math.round(Number(reads) / seconds)} reads a second, the slowest took ${Math.round(Number(slowestMs))} ms`,
  );
  expect(flaws, `${String(flawCount)} flaws`).toEqual([]);
  const wanted = { outcome: 'promoted', isTakenOver: true };
  expect(promoted).toMatchObject(Array.from({ length: PROMOTIONS }, () => wanted));
  // No fault went unnoticed for lack of queries or of commands.
  expect(readsEach).toHaveLength(PROMOTIONS);
  expect(medianOf(readsEach)).toBeGreaterThanOrEqual(EACH_MIN);
  expect(medianOf(meanwhile(served, 'commands'))).toBeGreaterThanOrEqual(EACH_MIN);
};

/** By promotion. */
const meanwhile = (served: readonly Told[], counted: 'commands' | 'reads'): readonly number[] =>
  served.map((told, round) => Number(told[counted]) - Number(served[round - 1]?.[counted] ?? 0));

const medianOf = (values: readonly number[]): number => values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;

const spread = (values: readonly number[]): string => `${Math.min(...values)} to ${Math.max(...values)} (median ${medianOf(values)})`;
