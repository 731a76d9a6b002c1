// Properties of the bookkeeping after any commands in any order, on the pure record with which all stores are compared.
import { isMainstemError, type Incarnation, type Position } from '@mainstem/event-store';
import {
  allDescribed,
  decide,
  decideLease,
  emptyRecord,
  heldAmong,
  leaseKeyText,
  servingIn,
  type Claim,
  type Decided,
  type LeaseRecord,
  type ProjectionRecord,
  type RecordCommand,
} from '@mainstem/projection/adapter';
import { describe, expect, it } from 'vitest';
import { seededRandom, type SeededRandom } from '../faults/seeded-random.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);
const SEED = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const SEEDS = Array.from({ length: RUNS }, (_, index) => SEED + index);
const STEPS = 60;
/** No session has it: opening one raises the epoch. */
const NEVER_OPENED = -1;

const INCARNATION = '6f1d2c3b-0000-4000-8000-000000000001' as Incarnation;
const AT = '2026-01-02T03:04:05.678Z';
/** Each shares a collection with the next one. */
const COLLECTIONS: Readonly<Record<string, readonly string[]>> = { one: ['a', 'b'], two: ['b', 'c'], three: ['c', 'd'] };
const NAMES = Object.keys(COLLECTIONS);

const frozen = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
};

/** All projections of a store, changed by commands; a refused one returns its code. */
class Bookkeeping {
  readonly #records = new Map<string, ProjectionRecord>(NAMES.map((name) => [name, emptyRecord(name)]));

  of(name: string): ProjectionRecord {
    return this.#records.get(name) ?? emptyRecord(name);
  }

  get all(): readonly ProjectionRecord[] {
    return [...this.#records.values()];
  }

  ownersOf(collection: string): readonly string[] {
    return this.all.filter(({ generations }) => generations.some(({ collections }) => collections.includes(collection))).map((one) => one.projection);
  }

  ask(name: string, command: RecordCommand): Decided | string {
    const before = frozen(this.of(name));
    const told = JSON.stringify(before, withBigInts);
    try {
      const decided = decide(before, frozen(command), (collection) => this.ownersOf(collection)[0]);
      this.#records.set(name, decided.record);
      return decided;
    } catch (error) {
      if (!isMainstemError(error)) throw error;
      expect(JSON.stringify(this.of(name), withBigInts)).toBe(told);
      return error.code;
    } finally {
      expect(JSON.stringify(before, withBigInts), 'a decision changed the record that it was given').toBe(told);
    }
  }
}

const withBigInts = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

const randomCommand = (random: SeededRandom, record: ProjectionRecord, claims: readonly Claim[]): RecordCommand => {
  const generation = random.int(1, Math.max(1, record.lastNumber + 1));
  const found = record.generations.find(({ number }) => number === generation);
  const claim = claims.length > 0 ? random.pick(claims) : { generation, partition: 0, epoch: NEVER_OPENED };
  const position = record.generations.find(({ number }) => number === claim.generation)?.parts[claim.partition]?.position;
  const from = random.int(0, 9) === 0 ? (7n as Position) : position;
  const at = AT;
  return random.pick<() => RecordCommand>([
    () => ({
      do: 'create',
      version: 1,
      fingerprint: random.pick(['f', 'g']),
      incarnation: INCARNATION,
      collections: COLLECTIONS[record.projection] ?? [],
      partitions: random.int(1, 3),
      isBulk: random.int(0, 3) === 0,
      isSide: random.int(0, 5) === 0,
      at,
    }),
    () => ({ do: 'open', generation, partition: random.int(0, 2), fingerprint: found?.fingerprint ?? 'f', at }),
    () => ({ do: 'open', generation, partition: 0, fingerprint: random.pick(['f', 'g']), at }),
    () => ({ do: 'commit', ...claim, move: { from, to: ((from ?? 0n) + BigInt(random.int(0, 3))) as Position, digest: 'd' }, at }),
    () => ({ do: 'commit', ...claim, move: { from, to: ((from ?? 0n) + BigInt(random.int(1, 3))) as Position, digest: 'd' }, at }),
    () => ({ do: 'finish-bulk', ...claim, at }),
    () => ({ do: 'promote', generation, isForced: random.int(0, 2) === 0, fencesWriter: random.int(0, 2) === 0, at }),
    () => ({ do: 'drop', generation, at }),
    () => (random.int(0, 4) === 0 ? { do: 'forget', at } : { do: 'drop', generation, at }),
  ])();
};

interface Step {
  readonly name: string;
  readonly command: RecordCommand;
  readonly before: ProjectionRecord;
  readonly after: ProjectionRecord;
  readonly outcome: Decided | string;
}

/** Runs one history and checks each step. */
const look = (seed: number, at: (step: Step, bookkeeping: Bookkeeping) => void): void => {
  const random = seededRandom(seed);
  const bookkeeping = new Bookkeeping();
  const claims = new Map<string, Claim[]>(NAMES.map((name) => [name, []]));
  for (let step = 0; step < STEPS; step++) {
    const name = random.pick(NAMES);
    const before = bookkeeping.of(name);
    const own = claims.get(name) ?? [];
    const command = randomCommand(random, before, own);
    const outcome = bookkeeping.ask(name, command);
    const after = bookkeeping.of(name);
    if (command.do === 'open' && typeof outcome !== 'string') {
      const { generation, partition } = command;
      own.push({ generation, partition, epoch: partOf(after, generation, partition)?.epoch ?? -1 });
    }
    at({ name, command, before, after, outcome }, bookkeeping);
  }
};

const partOf = ({ generations }: ProjectionRecord, generation: number, partition: number) =>
  generations.find(({ number }) => number === generation)?.parts[partition];

describe(`the record of a projection (PROPERTY_SEED=${SEED})`, () => {
  it.each(SEEDS)('has at most one serving generation, and shows it (seed %i)', (seed) => {
    const shown = new Map<string, number | undefined>();
    look(seed, ({ name, after, outcome }) => {
      expect(after.generations.filter(({ state }) => state === 'serving').length).toBeLessThanOrEqual(1);
      for (const effect of typeof outcome === 'string' ? [] : outcome.effects) if (effect.do === 'show') shown.set(name, effect.generation);
      expect(shown.get(name)).toBe(servingIn(after)?.number);
    });
  });

  it.each(SEEDS)('uses no number twice, and makes and deletes what it names (seed %i)', (seed) => {
    const used = new Set<string>();
    const there = new Set<string>();
    look(seed, ({ name, after, outcome }) => {
      for (const effect of typeof outcome === 'string' ? [] : outcome.effects) {
        if (effect.do === 'make') {
          expect(used).not.toContain(`${name} ${effect.generation}`);
          used.add(`${name} ${effect.generation}`);
          there.add(`${name} ${effect.generation}`);
        }
        if (effect.do === 'delete') expect(there.delete(`${name} ${effect.generation}`)).toBe(true);
      }
      expect([...there].filter((one) => one.startsWith(`${name} `))).toEqual(after.generations.map(({ number }) => `${name} ${number}`));
    });
  });

  it.each(SEEDS)('never lowers an epoch, and raises it when a session is opened (seed %i)', (seed) => {
    look(seed, ({ command, before, after, outcome }) => {
      for (const { number, parts } of after.generations) {
        for (const [partition, { epoch }] of parts.entries()) expect(epoch).toBeGreaterThanOrEqual(partOf(before, number, partition)?.epoch ?? 0);
      }
      if (command.do !== 'open' || typeof outcome === 'string') return;
      const { generation, partition } = command;
      expect(partOf(after, generation, partition)?.epoch).toBeGreaterThan(partOf(before, generation, partition)?.epoch ?? -1);
    });
  });

  it.each(SEEDS)('lets no session write that another one, a promotion, a drop or a `forget` has fenced off (seed %i)', (seed) => {
    /** By projection, generation and part: the claim of the session that may write. */
    const current = new Map<string, number>();
    const keyOf = (name: string, generation: number, partition: number): string => `${name} ${generation} ${partition}`;
    const end = (beginning: string): void => {
      for (const key of current.keys()) if (key.startsWith(beginning)) current.delete(key);
    };
    look(seed, ({ name, command, before, after, outcome }) => {
      const isRefused = typeof outcome === 'string';
      if (command.do === 'commit' || command.do === 'finish-bulk') {
        const { generation, partition, epoch } = command;
        if (!isRefused) expect(current.get(keyOf(name, generation, partition))).toBe(epoch);
        else if (command.do === 'finish-bulk') expect(current.get(keyOf(name, generation, partition))).not.toBe(epoch);
        if (isRefused) expect(outcome).toBe('READ_STORE_CHECKPOINT_MOVED');
      }
      if (isRefused) return;
      if (command.do === 'open') {
        const { generation, partition } = command;
        current.set(keyOf(name, generation, partition), partOf(after, generation, partition)?.epoch ?? -1);
      }
      const former = servingIn(before)?.number;
      if (command.do === 'promote' && former !== undefined && former !== command.generation) end(`${name} ${former} `);
      if (command.do === 'drop') end(`${name} ${command.generation} `);
      if (command.do === 'forget') end(`${name} `);
    });
  });

  it.each(SEEDS)('gives a collection to one projection (seed %i)', (seed) => {
    look(seed, (_, bookkeeping) => {
      for (const collection of new Set(Object.values(COLLECTIONS).flat())) expect(bookkeeping.ownersOf(collection).length).toBeLessThanOrEqual(1);
    });
  });

  it.each(SEEDS)('never goes back behind a shown position, unless it is forced or begins anew (seed %i)', (seed) => {
    const shownIn = (record: ProjectionRecord) => allDescribed(record).find(({ state }) => state === 'serving')?.checkpoint.position ?? -1n;
    look(seed, ({ command, before, after }) => {
      if (command.do === 'forget' || (command.do === 'promote' && command.isForced)) return;
      if (command.do === 'commit' && (command.move.from ?? -1n) > (command.move.to ?? -1n)) return;
      expect(shownIn(after)).toBeGreaterThanOrEqual(shownIn(before));
    });
  });
});

describe(`the record of a lease (PROPERTY_SEED=${SEED})`, () => {
  it.each(SEEDS)('has one owner at a time, for at most the claimed time, also when the clock is set back (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const kept = new Map<string, LeaseRecord>();
    let nowMs = 1_000_000;
    for (let step = 0; step < STEPS; step++) {
      nowMs += random.pick([0, 1, 10, 100, -500]);
      const key = { projection: 'p', fingerprint: 'f', partition: random.int(0, 1) };
      const owner = random.pick(['one', 'two', 'three']);
      const durationMs = random.pick([1, 50, 1_000]);
      const found = kept.get(leaseKeyText(key));
      const holder = heldAmong(found ? [found] : [], nowMs)[0];
      if (holder && found) expect(holder.remainingMs).toBeLessThanOrEqual(found.durationMs);
      const { lease, answer } = decideLease(found, { do: 'claim', ...key, owner, durationMs }, nowMs);
      const mayHold = holder === undefined || holder.owner === owner;
      expect(answer).toEqual(
        mayHold ? { isHeld: true, owner, remainingMs: durationMs } : { isHeld: false, owner: holder.owner, remainingMs: holder.remainingMs },
      );
      expect(lease?.owner).toBe(mayHold ? owner : holder.owner);
      const after = random.int(0, 3) === 0 ? decideLease(lease, { do: 'release', ...key, owner }, nowMs).lease : lease;
      expect(heldAmong(after ? [after] : [], nowMs).map((held) => held.owner)).not.toContain(after === lease ? undefined : owner);
      if (after) kept.set(leaseKeyText(key), after);
      else kept.delete(leaseKeyText(key));
    }
  });
});
