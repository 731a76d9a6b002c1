// The check before a promotion: one read for all concurrent callers, and every kind of difference shows.
import { systemRuntime, type InMemoryEventStore, type Position } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { RollingDigest } from '../read-store/rolling-digest.js';
import { filledStore, tallyProjection } from '../tally.fixtures.js';
import { DigestCheck, type DigestClaim } from './digest-check.js';

const SIGNAL = new AbortController().signal;
const projection = tallyProjection();

const claimOf = async (reader: InMemoryEventStore, position: bigint, skipped?: bigint): Promise<DigestClaim> => {
  const digest = new RollingDigest();
  for await (const events of reader.readAll()) {
    for (const event of events) {
      if (event.position <= position && event.position !== skipped && projection.wanted.has(event.type)) digest.add(event.position, event.id);
    }
  }
  return { projection, generation: 2, position: position as Position, digest: digest.toString() };
};

describe('a digest check', () => {
  it('accepts what was applied, up to its position and no further', async () => {
    const reader = await filledStore(50);
    const check = new DigestCheck({ reader, runtime: systemRuntime });
    expect(await check.verify(await claimOf(reader, 50n), SIGNAL)).toBe(43);
    expect(await check.verify(await claimOf(reader, 20n), SIGNAL)).toBe(18);
  });

  it('refuses a generation that lacks an event', async () => {
    const reader = await filledStore(50);
    const check = new DigestCheck({ reader, runtime: systemRuntime });
    await expect(check.verify(await claimOf(reader, 50n, 17n), SIGNAL)).rejects.toMatchObject({ code: 'REBUILD_NOT_VERIFIED', generation: 2 });
  });

  it('reads once for all callers, also for those about to ask', async () => {
    const reader = await filledStore(50);
    let reads = 0;
    const readAll = reader.readAll.bind(reader);
    const claims = await Promise.all([claimOf(reader, 50n), claimOf(reader, 30n), claimOf(reader, 40n, 3n)]);
    reader.readAll = (options) => (reads++, readAll(options));
    let expected = 1;
    const check = new DigestCheck({ reader, runtime: systemRuntime, expected: () => expected });
    const [first, second, third] = claims as [DigestClaim, DigestClaim, DigestClaim];
    const early = [check.verify(first, SIGNAL), check.verify(second, SIGNAL)];
    await systemRuntime.sleep(40);
    const late = check.verify(third, SIGNAL);
    expected = 0;
    expect(await Promise.all(early)).toEqual([43, 26]);
    await expect(late).rejects.toMatchObject({ code: 'REBUILD_NOT_VERIFIED' });
    expect(reads).toBe(1);
  });

  it('distinguishes callers with the same filter by their claims', async () => {
    const reader = await filledStore(50);
    const check = new DigestCheck({ reader, runtime: systemRuntime });
    const whole = await claimOf(reader, 50n);
    const outcomes = await Promise.allSettled(
      [whole, { ...(await claimOf(reader, 50n, 17n)), generation: 3 }, { ...whole, generation: 4 }, await claimOf(reader, 20n)].map((claim) =>
        check.verify(claim, SIGNAL),
      ),
    );
    expect(outcomes).toMatchObject([
      { value: 43 },
      { reason: { code: 'REBUILD_NOT_VERIFIED', generation: 3, expected: whole.digest } },
      { value: 43 },
      { value: 18 },
    ]);
  });

  it('goes on for the others when one caller gives up', async () => {
    const reader = await filledStore(50);
    const claim = await claimOf(reader, 50n);
    let expected = 1;
    const check = new DigestCheck({ reader, runtime: systemRuntime, expected: () => expected });
    const stop = new AbortController();
    const given = check.verify(claim, stop.signal);
    const kept = check.verify(claim, SIGNAL);
    stop.abort();
    expected = 0;
    await expect(given).rejects.toMatchObject({ code: 'EVENT_STORE_ABORTED' });
    expect(await kept).toBe(43);
  });
});
