// Unique values when processes die at any step, stores fail and commands come in any order: each value keeps one
// holder.
import { MainstemError, type InMemoryEventStore } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import type { CommandExecutorOptions } from './command-executor.js';
import { dawdle, FIRST_SEED, randomOf, RUNS } from './random-histories.fixtures.js';
import { CLAIM_EXPIRY_MS } from '../claims/unique-claims.js';
import { account, answersInTheEnd, dueAnswers, MovedClock, namesIn, outcomeOf, processOn, STORES } from './unique-claims.fixtures.js';

type Store = CommandExecutorOptions['store'];

const unavailable = (): Error => new MainstemError('EVENT_STORE_UNAVAILABLE', 'the connection was lost');

/** The store as a process sees it whose calls may fail: `beforeCall` and `afterCall` throw. */
const seenBy = (store: InMemoryEventStore, beforeCall: () => Promise<void>, afterCall: () => Promise<void>): Store => ({
  hasAppendAll: store.hasAppendAll,
  hasDensePositions: true,
  limits: store.limits,
  incarnation: store.incarnation,
  async append(...given) {
    await beforeCall();
    const result = await store.append(...given);
    await afterCall();
    return result;
  },
  async appendAll(...given) {
    await beforeCall();
    const result = await store.appendAll(...given);
    await afterCall();
    return result;
  },
  async *readStream(...given) {
    await beforeCall();
    yield* store.readStream(...given);
    await afterCall();
  },
});

/** Dies at its n-th call: before that has an effect, or after. */
const dyingAt = (store: InMemoryEventStore, call: number, when: 'before' | 'after'): { readonly seen: Store; readonly calls: () => number } => {
  let calls = 0;
  let isDead = false;
  const die = (): void => {
    isDead = true;
    throw unavailable();
  };
  const beforeCall = async (): Promise<void> => {
    if (isDead) throw unavailable();
    if (++calls === call && when === 'before') die();
  };
  const afterCall = async (): Promise<void> => {
    if (calls === call) die();
  };
  return { seen: seenBy(store, beforeCall, afterCall), calls: () => calls };
};

/** What each name is answered to a new account that asks now, and again when every abandoned claim is. */
const claimAll = async (store: InMemoryEventStore, clock: MovedClock, names: readonly string[]): Promise<void> => {
  const due = dueAnswers(await namesIn(store), names);
  expect(await answersInTheEnd(store, clock, names)).toEqual(due);
  await namesIn(store);
};

describe.each(STORES)('unique values claimed $name', ({ create }) => {
  it.each(['before', 'after'] as const)('are where the events say when the process dies %s any of its calls', async (when) => {
    let steps = 0;
    for (let calls = 0; steps <= calls; steps++) {
      const store = create();
      const clock = new MovedClock();
      const dying = dyingAt(store, steps + 1, when);
      const first = processOn(dying.seen, clock);
      await outcomeOf(first.execute(account, '1', { name: 'ada' }, { commandId: 'take' }));
      await outcomeOf(first.execute(account, '1', { name: 'grace' }, { commandId: 'rename' }));
      await outcomeOf(first.execute(account, '1', { name: null }, { commandId: 'release' }));
      await claimAll(store, clock, ['ada', 'grace']);
      // The same commands once more, from another process: whatever their answers are, no other aggregate loses a name.
      const again = processOn(store, clock);
      for (const [commandId, name] of [
        ['take', 'ada'],
        ['rename', 'grace'],
        ['release', null],
      ] as const) {
        await outcomeOf(again.execute(account, '1', { name }, { commandId }));
      }
      await namesIn(store);
      calls = dying.calls();
    }
    expect(steps).toBeGreaterThan(3);
  });

  it(`have one holder at every position, in any history (${RUNS} from seed ${FIRST_SEED})`, { timeout: 120_000 }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const random = randomOf(seed);
      const store = create();
      const clock = new MovedClock();
      let isSound = false;
      const mayFail = async (): Promise<void> => {
        await dawdle(random);
        if (!isSound && random() < 0.03) throw unavailable();
      };
      const processes = [1, 2].map(() => processOn(seenBy(store, mayFail, mayFail), clock));
      const names = ['ada', 'grace', 'edsger'];
      const send = async (commandId: string): Promise<void> => {
        const name = random() < 0.2 ? null : (names[Math.floor(random() * names.length)] ?? null);
        const id = String(Math.floor(random() * 4));
        const process = processes[Math.floor(random() * 2)] ?? last;
        for (let attempt = 0; attempt < 3; attempt++) {
          if ((await outcomeOf(process.execute(account, id, { name }, { commandId }))) !== 'EVENT_STORE_UNAVAILABLE') return;
        }
      };
      const last = processOn(store, clock);
      try {
        for (let round = 0; round < 12; round++) {
          await Promise.all(['a', 'b', 'c'].map((client) => send(`${round}-${client}`)));
          // Between rounds: a process that is frozen in the middle for as long as claims stand is not in the promise.
          if (random() < 0.4) clock.ms += Math.floor(random() * CLAIM_EXPIRY_MS * 1.5);
        }
        isSound = true;
        await namesIn(store);
        await claimAll(store, clock, names);
      } catch (error) {
        throw new Error(`PROPERTY_RUNS=1 PROPERTY_SEED=${seed} repeats what has failed`, { cause: error });
      }
    }
  });
});
