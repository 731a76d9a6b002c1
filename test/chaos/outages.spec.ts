// One of three production stores fails under a projector that fills them all. Writes and the other stores go on, and
// afterwards the failed one catches up automatically, each event once. Ten trials of a kind and store run side by side;
// no projector is restarted.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SeededRandom, TcpFault } from '@mainstem/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPostgres } from '../contract/sql-fixtures.js';
import { startTrio, TRIO, type Trio, type TrioName } from './support/trio-servers.js';
import { TrioTrial } from './support/trio-trial.js';
import { chanceOf, makeFolder, OUTAGE_MS, removeFolder, trials } from './support/trials.js';

/** Of each store, in every kind of trouble. */
const TRIALS = 10;
const SLOW_MS = 8_000;
/** The number of times that all connections to the failed store end, in one trial. */
const KILLS = 10;
/** Of each server, under the projectors of all trials of its store. OpenSearch takes most of a minute for one. */
const RESTARTS: Readonly<Record<TrioName, number>> = { postgres: 10, redis: 10, opensearch: 3 };
/** Until a fault shows, on a busy machine. */
const HAPPENS_MS = 120_000;
const LOOK_MS = 250;
/** All of it again, ten at a time. */
const rounds: readonly number[] = Array.from({ length: trials(1) }, (_, round) => round);

const until = async (what: string, holds: () => boolean): Promise<void> => {
  const deadline = performance.now() + HAPPENS_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`did not happen in time: ${what}`);
    await delay(5);
  }
};

const slowness = (chance: SeededRandom): TcpFault =>
  chance.pick<TcpFault>([
    { kind: 'delay', delayMs: chance.int(50, 400) },
    { kind: 'trickle', bytes: chance.int(100, 1_000), everyMs: chance.int(5, 20) },
  ]);

describe.runIf(await withPostgres())('one of three stores in trouble', () => {
  const random = chanceOf('outages');
  let folder: string;
  let servers: Trio;
  const all: TrioTrial[] = [];

  beforeAll(async () => {
    folder = await makeFolder();
    servers = await startTrio(folder);
    for (const name of TRIO) all.push(...(await Promise.all(Array.from({ length: TRIALS }, (_, number) => opened(name, number)))));
  });
  afterAll(async () => {
    await Promise.all(all.map((trial) => trial[Symbol.asyncDispose]()));
    await Promise.all(TRIO.map((name) => servers[name].remove()));
    await removeFolder(folder);
  });

  const opened = async (troubled: TrioName, number: number): Promise<TrioTrial> => {
    const scope = `outages_${troubled}_${number}`;
    const dir = join(folder, scope);
    await mkdir(dir);
    return TrioTrial.open({ dir, scope, servers, troubled, chance: random.fork(scope) });
  };

  /**
   * In these trials writes go on while `trouble` lasts; then the failed stores catch up among writes, and all is the
   * fold.
   */
  const expectOvercome = async (tried: readonly TrioTrial[], trouble: () => Promise<void>): Promise<void> => {
    for (const trial of tried) trial.write();
    try {
      await trouble();
      await Promise.all(tried.map((trial) => trial.expectCatchesUp()));
    } finally {
      await Promise.all(tried.map((trial) => trial.stopWriting()));
    }
    await Promise.all(tried.map((trial) => trial.expectSound()));
  };

  /** The others come to show new writes, repeatedly for this time. The caller ends the trouble later. */
  const expectOthersFollow = async (tried: readonly TrioTrial[], forMs: number): Promise<void> => {
    const end = performance.now() + forMs;
    do {
      await Promise.all(tried.map((trial) => trial.expectOthersFollow()));
      await delay(LOOK_MS);
    } while (performance.now() < end);
  };

  /** The failed stores report why they do not go on. */
  const expectWaiting = async (tried: readonly TrioTrial[]): Promise<void> => {
    await Promise.all(tried.map((trial) => until(`${trial.troubled} is reported to be away`, () => trial.isUnavailable)));
  };

  it.for(rounds)(`goes on after it could not be reached for ${OUTAGE_MS / 1_000} s (${TRIALS} times each, round %i)`, () =>
    expectOvercome(all, async () => {
      for (const { network } of all) {
        network.proxy.become({ kind: 'refuse' });
        network.proxy.reset();
      }
      const missing = await Promise.all(all.map((trial) => trial.append()));
      await expectOthersFollow(all, OUTAGE_MS);
      await expectWaiting(all);
      for (const [index, { troubled, troubledPositions }] of all.entries()) {
        for (const position of troubledPositions) expect(position, `of ${troubled}, which cannot be reached`).toBeLessThan(missing[index] ?? 0n);
      }
      for (const { network } of all) network.proxy.become({ kind: 'none' });
    }),
  );

  it.for(rounds)(`goes on after it was slow (${TRIALS} times each, round %i)`, () =>
    expectOvercome(all, async () => {
      for (const { network, chance } of all) {
        network.spoken = 0;
        network.proxy.become(slowness(chance));
      }
      await expectOthersFollow(all, SLOW_MS);
      await until('all meet the slow network', () => all.every(({ network }) => network.spoken > 0));
      for (const { network } of all) network.proxy.become({ kind: 'none' });
    }),
  );

  it.for(rounds)(`goes on after its connections were killed in use, ${KILLS} times in a row (${TRIALS} times each, round %i)`, () =>
    expectOvercome(all, async () => void (await Promise.all(all.map((trial) => expectOthersFollowAmongKills(trial))))),
  );

  it.for(rounds.flatMap((round) => TRIO.map((name) => ({ name, restarts: RESTARTS[name], round }))))(
    `goes on whenever $name was ended and started again ($restarts times, under ${TRIALS} projectors, round $round)`,
    ({ name, restarts }) => {
      const tried = all.filter(({ troubled }) => troubled === name);
      return expectOvercome(tried, async () => {
        for (let restart = 0; restart < restarts; restart++) {
          await servers[name].down(random);
          await expectOthersFollow(tried, 0);
          await expectWaiting(tried);
          await servers[name].up();
          await Promise.all(tried.map((trial) => trial.expectCatchesUp()));
        }
      });
    },
  );
});

/**
 * Each kill meets a client that has just begun to use the connection. It ends when the others have shown the writes.
 */
const expectOthersFollowAmongKills = async (trial: TrioTrial): Promise<void> => {
  const { network, chance } = trial;
  let isSeen = false;
  const seen = trial.expectOthersFollow().finally(() => (isSeen = true));
  void seen.catch(() => undefined); // reported below
  for (let kill = 0; kill < KILLS || !isSeen; kill++) {
    network.spoken = 0;
    await trial.append();
    await until('a client uses the connection', () => network.spoken > 0);
    await delay(chance.int(0, 10));
    network.proxy.reset();
  }
  await seen;
};
