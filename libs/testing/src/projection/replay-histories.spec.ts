// Random histories: whatever had failed, a replay after the fix leaves what a run that never failed leaves, or says that it does not.
import { MemoryReadStore, Projector, verifyProjection, type HostedProjection } from '@mainstem/projection';
import type { Position } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom, type SeededRandom } from '../faults/seeded-random.js';
import { CAUSES, lengthsOf, Mendable, NO_FAULTS, Notes, type Cause } from './replay-histories.fixtures.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);
const SEED = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const TIMEOUT = { timeoutMs: 10_000 };
/** Each history is another one of the seed that is printed. */
const SEEDS = Array.from({ length: RUNS }, (_, index) => SEED + index);
const CHUNKS_MAX = 4;

describe(`after a replay (PROPERTY_SEED=${SEED})`, () => {
  let running: Projector | undefined;
  afterEach(() => running?.stop());

  const start = (notes: Notes, hosted: HostedProjection, random: SeededRandom): Projector => {
    const recovery = { onFailure: 'park', attemptsMax: random.int(1, 2), retryDelayMs: 0, retryDelayMaxMs: 1 } as const;
    const projector = new Projector({ reader: notes.store, projections: [{ ...hosted, recovery }], batchSizeMax: random.pick([1, 5, 100]) });
    running = projector;
    projector.start();
    return projector;
  };

  /** Appends, fails, restarts and replays at random; then everything is mended and replayed. */
  const live = async (mendable: Mendable, hosted: HostedProjection, random: SeededRandom, causes: readonly Cause[]): Promise<Notes> => {
    const notes = new Notes(random.fork('notes'));
    const { name } = hosted.projection;
    let projector = start(notes, hosted, random);
    let position: Position | undefined;
    for (let chunk = random.int(1, CHUNKS_MAX); chunk > 0; chunk--) {
      mendable.faults = notes.faults(causes);
      position = await notes.append(random.int(1, 20));
      await projector.waitFor(name, position, TIMEOUT);
      if (random.int(1, 3) === 1) {
        await projector.stop();
        projector = start(notes, hosted, random);
        await projector.waitFor(name, position, TIMEOUT);
      }
      if (random.int(1, 3) === 1) await projector.replayParked(name);
    }
    mendable.faults = NO_FAULTS;
    for (const { key } of random.shuffle(await hosted.store.parked(name, 3))) await projector.replayParked(name, { key });
    await projector.replayParked(name);
    await projector.stop();
    return notes;
  };

  it.each(SEEDS)('documents and roll-ups are those of a run that never failed (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const mendable = new Mendable();
    const store = new MemoryReadStore();
    const notes = await live(mendable, { projection: mendable.document, store }, random, CAUSES);
    expect(await store.parked('lists', 10)).toEqual([]);
    const lists = notes.lists();
    expect(Object.fromEntries(store.documents('lists'))).toEqual(Object.fromEntries(lists));
    const lengths = [...store.documents<{ $state: string }>('lengths')].map(([key, { $state: _, ...shown }]) => [key, shown]);
    expect(Object.fromEntries(lengths)).toEqual(lengthsOf(lists.values()));
    expect(await verifyProjection({ reader: notes.store, hosted: { projection: mendable.document, store } })).toMatchObject({ isSame: true });
  });

  it.each(SEEDS)(
    'a handler has the effects of a run that never failed, or the replay names what it could not keep in order (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const mendable = new Mendable();
      const store = new MemoryReadStore();
      const causes = CAUSES.filter((cause) => cause !== 'roll-up');
      const notes = await live(mendable, { projection: mendable.handler, store }, random, causes);
      const parked = await store.parked('handled', 1_000);
      // The first of every list tells why; what waits behind it need not.
      const reasons = [...new Map(parked.toReversed().map(({ key, error }) => [key, error])).values()];
      for (const reason of reasons) expect(reason).toMatch(/^PROJECTION_REPLAY_REFUSED: .*was applied before it/);
      const left = new Set(parked.map(({ position }) => Number(position)));
      const handled = notes.lists(({ to, place }) => (left.has(place) ? [] : [to[0] ?? 'none']));
      expect(Object.fromEntries(store.documents('handled'))).toEqual(Object.fromEntries(handled));
    },
  );
});
