// PostgreSQL fails under a running projector: each event takes effect once, everything recovers, and nothing else is
// harmed.
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { SalesDocument } from '#apps/read-models/src/sql/sales-document.entity.js';
import { Rebuilder } from '@mainstem/projection/operate';
import type { SeededRandom, TcpFault } from '@mainstem/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPostgres } from '../contract/sql-fixtures.js';
import { PrivatePostgres, type StopMode } from '../fixtures/private-postgres.js';
import { HEALED_MS, PostgresTrial, type TrialOptions } from './support/postgres-trial.js';
import { chanceOf, inFolder, isLong, OUTAGE_MS, trials } from './support/trials.js';

const TROUBLE_MS_MAX = 1_500;
const DISK_MIB = 48;
/** For one step, in one trial. */
const HITS = 3;
/** One of each kind; CHAOS_TRIALS=10 is what a release is tried with. */
const rounds: readonly number[] = Array.from({ length: trials(1) }, (_, round) => round);

describe.runIf(await withPostgres())('PostgreSQL in trouble', () => {
  const random = chanceOf('PostgreSQL in trouble');
  let server: PrivatePostgres;
  let count = 0;
  beforeAll(async () => void (server = await PrivatePostgres.start()));
  afterAll(() => server[Symbol.asyncDispose]());

  const withTrial = (
    name: string,
    work: (trial: PostgresTrial, chance: SeededRandom) => Promise<void>,
    onPiece?: TrialOptions['onPiece'],
  ): Promise<void> =>
    inFolder(async (dir) => {
      const chance = random.fork(name);
      const options = { dir, server, schema: `trial_${++count}`, chance: chance.fork('traffic'), ...(onPiece && { onPiece }) };
      await using trial = await PostgresTrial.open(options);
      await trial.append();
      await trial.caughtUp();
      trial.write();
      await work(trial, chance);
      await trial.stopWriting();
      await trial.expectHealed();
      trial.expectTypedReasons();
    });

  it.for(rounds)('recovers after the server was killed or stopped, in the middle of traffic (round %i)', (round) =>
    withTrial(`down ${round}`, async (trial, chance) => {
      await delay(chance.int(10, TROUBLE_MS_MAX));
      await server.stop((['kill', 'fast', 'immediate'] as const satisfies readonly StopMode[])[round % 3] ?? 'kill');
      await trial.expectOthersUnharmed();
      await delay(isLong ? OUTAGE_MS : chance.int(0, TROUBLE_MS_MAX));
      await trial.expectOthersUnharmed();
      await server.resume();
      expect([...trial.reasons].join()).toContain('READ_STORE_UNAVAILABLE');
    }),
  );

  const slowness = (chance: SeededRandom): TcpFault =>
    chance.pick<TcpFault>([
      { kind: 'delay', delayMs: chance.int(5, 200) },
      { kind: 'trickle', bytes: chance.int(50, 500), everyMs: 1 },
      { kind: 'half-open' },
      { kind: 'no-reply' },
      { kind: 'refuse' },
    ]);

  it.for(rounds)('recovers after the network to it was slow, dead or refusing (round %i)', (round) =>
    withTrial(`network ${round}`, async (trial, chance) => {
      for (let fault = 0; fault < 3; fault++) {
        await delay(chance.int(10, TROUBLE_MS_MAX / 3));
        trial.proxy.become(slowness(chance));
        await trial.expectOthersUnharmed();
        await delay(chance.int(0, TROUBLE_MS_MAX / 3));
        trial.proxy.become({ kind: 'none' });
        trial.proxy.reset();
      }
    }),
  );

  it.for(rounds)('recovers after the server repeatedly ended its connections (round %i)', (round) =>
    withTrial(`terminated ${round}`, async (trial, chance) => {
      let ended = 0;
      for (let attempt = 0; attempt < 40 || ended === 0; attempt++) {
        const [row] = await server.query<{ total: number }>(
          `SELECT count(pg_terminate_backend(pid))::int AS total FROM pg_stat_activity WHERE application_name = 'mainstem' AND random() < ${chance.next()}`,
        );
        ended += row?.total ?? 0;
        await delay(chance.int(0, 30));
      }
      await trial.expectOthersUnharmed();
    }),
  );

  // Of one batch, in order; the first of them proves the right to write and moves the checkpoint.
  const STEPS = ['BEGIN; SET LOCAL', 'SET position = CAST', 'COPY "', 'INSERT INTO "trial', 'COMMIT'];
  const everyCase = STEPS.flatMap((step) => (['request', 'answer'] as const).map((lost) => ({ step, lost })));
  // The commit with an unknown outcome, and two others by chance.
  const isUnknown = ({ step, lost }: (typeof everyCase)[number]): boolean => step === 'COMMIT' && lost === 'answer';
  const others = everyCase.filter((one) => !isUnknown(one));
  const at = random.int(0, others.length - 1);
  const chosen = [...everyCase.filter(isUnknown), ...others.slice(at), ...others].slice(0, 3);
  const cases = isLong ? everyCase : chosen;

  it.for(cases)('applies a batch once when the connection breaks at $step and the $lost is lost', ({ step, lost }) => {
    const hits = { wanted: 0, done: 0, left: 0, committed: 0 };
    let isArmed = false;
    return withTrial(
      `${step} ${lost}`,
      async (trial, chance) => {
        for (let hit = 1; hit <= HITS; hit++) {
          // A batch of many new rows, so that they are copied.
          for (let order = 0; order < 30; order++) await trial.append();
          hits.left = chance.int(1, 4);
          isArmed = true;
          await expect.poll(() => hits.done, { timeout: HEALED_MS, interval: 1 }).toBe(hit);
          await trial.caughtUp();
        }
        if (step === 'COMMIT' && lost === 'answer') expect(hits.committed).toBe(HITS);
      },
      (piece, from, connection, proxy) => {
        const breakOff = (): void => {
          hits.done++;
          // After this piece was handled.
          setImmediate(() => {
            proxy.become({ kind: 'none' });
            proxy.reset();
          });
        };
        if (hits.wanted === connection && from === 'server') {
          hits.wanted = 0;
          if (piece.includes('COMMIT\0')) hits.committed++;
          breakOff();
        } else if (isArmed && from === 'client' && piece.includes(step) && --hits.left <= 0) {
          isArmed = false;
          if (lost === 'answer') {
            hits.wanted = connection;
            proxy.become({ kind: 'no-reply' });
          } else {
            proxy.become({ kind: 'half-open' });
            breakOff();
          }
        }
      },
    );
  });

  it.for(rounds)('fills in what a restored backup lacks, without a new event (round %i)', (round) =>
    withTrial(`behind ${round}`, async (trial, chance) => {
      await delay(chance.int(10, TROUBLE_MS_MAX));
      const copy = await server.backUp(`backup-${count}`);
      await delay(chance.int(100, TROUBLE_MS_MAX));
      await trial.stopWriting();
      await trial.expectHealed();
      await server.restore(copy);
      await rm(copy, { recursive: true });
      await trial.expectHealed();
    }),
  );

  it.for(rounds)('stops ahead of a restored event store, goes on answering queries, and recovers by a rebuild (round %i)', (round) =>
    inFolder(async (dir) => {
      const chance = random.fork(`ahead ${round}`);
      const [folder, older] = [join(dir, 'now'), join(dir, 'older')];
      const schema = `trial_${++count}`;
      await Promise.all([mkdir(folder), mkdir(older)]);
      {
        await using trial = await PostgresTrial.open({ dir: folder, server, schema, chance });
        for (let order = chance.int(5, 30); order > 0; order--) await trial.append();
        backUpEvents(folder, older);
        for (let order = chance.int(1, 30); order > 0; order--) await trial.append();
        await trial.expectHealed();
      }
      await using trial = await PostgresTrial.open({ dir: older, server, schema, chance });
      await expect.poll(() => [...trial.states], { timeout: HEALED_MS }).toEqual(['stopped']);
      for (const reason of trial.reasons) expect(reason).toMatch(/^(sql PROJECTION_CHECKPOINT_AHEAD|cache )/);
      const { value } = await trial.sql.read(['sales-documents'], (manager) => manager.getRepository(SalesDocument).count());
      expect(value).toBeGreaterThan(0);
      const { projections } = await new Rebuilder({ reader: trial.events, projections: trial.hosted, followMs: 0 }).run();
      expect(projections.map(({ outcome, reason }) => [outcome, reason])).toEqual(projections.map(() => ['promoted', undefined]));
      await using again = await PostgresTrial.open({ dir: older, server, schema, chance: chance.fork('again'), firstCommand: 1_000 });
      await again.append();
      await again.expectHealed();
    }),
  );

  it.for(rounds)('waits while the disk of the server is full, and goes on when there is room (round %i)', async (round, { skip }) => {
    const disk = join(server.folder, `disk-${round}`);
    await mkdir(disk);
    if (!mount(disk)) return skip('this user may not mount');
    const [space, ballast] = [`small_${round}`, join(disk, 'ballast')];
    try {
      await server.query(`CREATE TABLESPACE ${space} LOCATION '${disk}'`);
      await server.query(`ALTER ROLE postgres SET default_tablespace = ${space}`);
      await withTrial(`disk ${round}`, async (trial, chance) => {
        await delay(chance.int(10, TROUBLE_MS_MAX));
        await writeFile(ballast, Buffer.alloc(DISK_MIB * 1_048_576)).catch(() => undefined); // as much as there is room for
        await expect.poll(() => [...trial.reasons].join(), { timeout: HEALED_MS }).toMatch(/READ_STORE_UNAVAILABLE: .*No space left on device/);
        await trial.expectOthersUnharmed();
        await rm(ballast);
      });
    } finally {
      await server.query('ALTER ROLE postgres RESET default_tablespace');
      await server.query(`DROP SCHEMA IF EXISTS trial_${count} CASCADE`);
      await server.query(`DROP TABLESPACE IF EXISTS ${space}`);
      execFileSync('umount', ['--lazy', disk]);
    }
  });
});

/** As the documentation says: a copy made by SQLite. */
const backUpEvents = (from: string, to: string): void => {
  const database = new DatabaseSync(join(from, 'events.db'));
  database.exec(`VACUUM INTO '${join(to, 'events.db')}'`);
  database.close();
};

/** A small disk for the server's user; false if this user may not mount. */
const mount = (path: string): boolean => {
  try {
    const owner = process.getuid?.() === 0 ? 'uid=65534,gid=65534,' : '';
    execFileSync('mount', ['-t', 'tmpfs', '-o', `${owner}mode=700,size=${DISK_MIB}m`, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
