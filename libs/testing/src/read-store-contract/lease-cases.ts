// Contract of leases: one holder at a time, by the store's own clock; leases do not decide who may write.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReadStore } from '@mainstem/projection';
import type { LeaseAnswer, LeaseClaim } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { aBatch, at, openFirst, type DefineCase } from './contract-fixture.js';

const LONG_MS = 60_000;
const SHORT_MS = 40;
const LOOK_MS = 5;
const LOOKS_MAX = 1_000;

const aClaim = (owner: string, changes: Partial<LeaseClaim> = {}): LeaseClaim => ({
  projection: 'contract-orders',
  fingerprint: 'f1',
  partition: 0,
  owner,
  durationMs: LONG_MS,
  ...changes,
});

/** Asks again until the lease is granted; fails when that takes far too long. */
const claimedAtLast = async (store: ReadStore, claim: LeaseClaim): Promise<LeaseAnswer> => {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const answer = await store.claimLease(claim);
    if (answer.isHeld) return answer;
    await delay(LOOK_MS);
  }
  assert.fail('a lease that has ended is not given to the next one');
};

export const leaseCases = (define: DefineCase): readonly ContractCase[] => [
  define('gives a free lease to its claimant, for the claimed time', async ({ store }) => {
    assert.deepEqual(await store.claimLease(aClaim('one')), { isHeld: true, owner: 'one', remainingMs: LONG_MS });
  }),

  define('refuses a held lease, and names its owner and the remaining time', async ({ store }) => {
    await store.claimLease(aClaim('one'));
    const { isHeld, owner, remainingMs } = await store.claimLease(aClaim('two'));
    assert.equal(isHeld, false);
    assert.equal(owner, 'one');
    assert.ok(remainingMs > 0 && remainingMs <= LONG_MS, `remaining: ${remainingMs}`);
  }),

  define('extends a lease for its owner', async ({ store }) => {
    await store.claimLease(aClaim('one', { durationMs: 1_000 }));
    assert.equal((await store.claimLease(aClaim('one'))).isHeld, true);
    const { isHeld, remainingMs } = await store.claimLease(aClaim('two'));
    assert.equal(isHeld, false);
    assert.ok(remainingMs > 1_000, `remaining: ${remainingMs}`);
  }),

  define('treats an extension of a lost lease as a claim', async ({ store }) => {
    const claim = aClaim('one', { durationMs: 1_000, isExtension: true });
    assert.deepEqual(await store.claimLease(claim), { isHeld: true, owner: 'one', remainingMs: 1_000 });
    assert.deepEqual(await store.claimLease({ ...claim, durationMs: LONG_MS }), { isHeld: true, owner: 'one', remainingMs: LONG_MS });
    const rival = await store.claimLease(aClaim('two', { isExtension: true }));
    assert.equal(rival.owner, 'one');
    assert.ok(rival.remainingMs > 1_000, `remaining: ${rival.remainingMs}`);
    await store.releaseLease(aClaim('one'));
    await store.claimLease(aClaim('one', { durationMs: SHORT_MS }));
    await claimedAtLast(store, aClaim('two'));
    const answer = await store.claimLease(aClaim('one', { isExtension: true }));
    assert.deepEqual({ ...answer, remainingMs: 0 }, { isHeld: false, owner: 'two', remainingMs: 0 });
  }),

  define('extends exactly the held ones of many leases in one call', async ({ store }) => {
    const claims = ['mine', 'rival', 'mine', 'free'].map((owner, partition) => ({ owner, claim: aClaim('mine', { partition, isExtension: true }) }));
    for (const { owner, claim } of claims) if (owner !== 'free') await store.claimLease({ ...claim, owner, isExtension: false, durationMs: 5_000 });
    const longer = claims.map(({ claim }, place) => ({ ...claim, durationMs: place === 2 ? 2 * LONG_MS : LONG_MS }));
    const answers = await Promise.all(longer.map((claim) => store.claimLease(claim)));
    assert.deepEqual(
      answers.map(({ isHeld, owner }) => [isHeld, owner]),
      [
        [true, 'mine'],
        [false, 'rival'],
        [true, 'mine'],
        [true, 'mine'], // it was free: then it is a claim
      ],
    );
    const left = new Map((await store.leases('contract-orders')).map(({ partition, remainingMs }) => [partition, remainingMs]));
    const isWithin = (partition: number, lowMs: number, highMs: number): boolean => {
      const remainingMs = left.get(partition) ?? 0;
      return remainingMs > lowMs && remainingMs <= highMs;
    };
    assert.ok(
      isWithin(0, 5_000, LONG_MS) && isWithin(1, 0, 5_000) && isWithin(2, LONG_MS, 2 * LONG_MS) && isWithin(3, 5_000, LONG_MS),
      String([...left]),
    );
  }),

  define('gives an ended lease to the next claimant, and not back to the former owner', async ({ store }) => {
    await store.claimLease(aClaim('one', { durationMs: SHORT_MS }));
    await claimedAtLast(store, aClaim('two'));
    const answer = await store.claimLease(aClaim('one'));
    assert.deepEqual({ ...answer, remainingMs: 0 }, { isHeld: false, owner: 'two', remainingMs: 0 });
  }),

  define('frees a lease at once when it is released; a second release does nothing', async ({ store }) => {
    await store.claimLease(aClaim('one'));
    await store.releaseLease(aClaim('one'));
    await store.releaseLease(aClaim('one'));
    assert.equal((await store.claimLease(aClaim('two'))).isHeld, true);
  }),

  define('releases no lease of another owner', async ({ store }) => {
    await store.claimLease(aClaim('one'));
    await store.releaseLease(aClaim('two'));
    assert.equal((await store.claimLease(aClaim('two'))).owner, 'one');
  }),

  define('gives a lease to exactly one of many concurrent claimants, also when it has ended', async ({ store }) => {
    const claims = Array.from({ length: 8 }, (_, place) => aClaim(`owner-${place}`));
    const holdersOf = async (changes: Partial<LeaseClaim>): Promise<readonly LeaseAnswer[]> =>
      (await Promise.all(claims.map((claim) => store.claimLease({ ...claim, ...changes })))).filter(({ isHeld }) => isHeld);
    assert.equal((await holdersOf({})).length, 1);
    await store.claimLease(aClaim('one before', { partition: 1, durationMs: SHORT_MS }));
    let holders = await holdersOf({ partition: 1 });
    for (let look = 0; holders.length === 0 && look < LOOKS_MAX; look++) {
      await delay(LOOK_MS);
      holders = await holdersOf({ partition: 1 });
    }
    assert.equal(holders.length, 1);
  }),

  define('keeps the leases of projections, definitions and partitions apart', async ({ store }) => {
    await store.claimLease(aClaim('one'));
    for (const other of [{ projection: 'contract-others' }, { fingerprint: 'f2' }, { partition: 1 }]) {
      assert.equal((await store.claimLease(aClaim('two', other))).isHeld, true);
    }
    await store.releaseLease(aClaim('two'));
    assert.equal((await store.claimLease(aClaim('three'))).owner, 'one');
  }),

  define('lists the leases that are held', async ({ store }) => {
    assert.deepEqual(await store.leases(), []);
    await store.claimLease(aClaim('one'));
    await store.claimLease(aClaim('two', { partition: 1 }));
    await store.claimLease(aClaim('two', { projection: 'contract-others' }));
    await store.claimLease(aClaim('three', { projection: 'contract-ended', durationMs: SHORT_MS }));
    let listed = await store.leases();
    for (let look = 0; look < LOOKS_MAX && listed.some(({ owner }) => owner === 'three'); look++) {
      await delay(LOOK_MS);
      listed = await store.leases();
    }
    const told = listed.map(({ projection, fingerprint, partition, owner }) => `${projection} ${fingerprint} ${partition} ${owner}`);
    assert.deepEqual(new Set(told), new Set(['contract-orders f1 0 one', 'contract-orders f1 1 two', 'contract-others f1 0 two']));
    assert.ok(listed.every(({ remainingMs }) => remainingMs > 0 && remainingMs <= LONG_MS));
    assert.deepEqual(
      (await store.leases('contract-others')).map(({ owner }) => owner),
      ['two'],
    );
  }),

  define('lets a session write without the lease: only the epoch fences', async (context) => {
    await context.store.claimLease(aClaim('somebody'));
    const session = await openFirst(context);
    await session.commit(aBatch(undefined, at(3)));
    assert.equal((await openFirst(context)).checkpoint.position, at(3));
  }),
];
