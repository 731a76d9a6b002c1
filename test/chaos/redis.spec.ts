// A Redis that loses data, connections or itself: no answer is wrong, other stores go on, and it recovers without a
// restart.
import { setTimeout as delay } from 'node:timers/promises';
import { TcpProxy, type SeededRandom } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { RedisTrial } from './support/redis-trial.js';
import { chanceOf, inFolder, isLong, OUTAGE_MS, trials } from './support/trials.js';

const TRIALS = 5;
/** More events than a first generation shows while it is being filled. */
const LONG_HISTORY = 10_001;
const OUTAGE_MS_MAX = 400;
/** Endings of data keys: documents, the order of keys, boards by key, sizes of boards, a board. */
const DATA_KEYS = ['counts:d', 'counts:k', 'counts:1:p', 'counts:1:s', 'counts:1:b:sums'];

type Options = Parameters<typeof RedisTrial.start>[2];

/** With a reader that never stops: a fault among writes or at rest, and more writes after it. */
const faulted = async (chance: SeededRandom, fault: (trial: RedisTrial) => Promise<void>, options: Options = {}): Promise<RedisTrial> =>
  inFolder(async (folder) => {
    const trial = await RedisTrial.start(chance, folder, options);
    const reading = trial.read();
    try {
      const isBusy = chance.next() < 0.5;
      const writing = isBusy ? trial.write(chance.int(20, 200)) : Promise.resolve();
      await fault(trial);
      await writing;
      // An idle projection must notice it, too: later writes must not be the cure.
      await trial.settled();
      await trial.write(chance.int(1, 50));
      await trial.settled();
      expect(await trial.verify()).toEqual([]);
    } finally {
      await trial.end();
      await reading;
    }
    expect(trial.flaws).toEqual([]);
    expect(trial.answers).toBeGreaterThan(0);
    return trial;
  });

const each = (chance: SeededRandom, run: (chance: SeededRandom, number: number) => Promise<unknown>) => async (): Promise<void> => {
  for (let number = 1; number <= trials(TRIALS); number++) await run(chance.fork(`trial ${number}`), number);
};

describe('a Redis that loses data', () => {
  const chance = chanceOf('redis loses data');

  it(
    'is filled anew after FLUSHALL',
    each(chance.fork('flush'), (own) => faulted(own, (trial) => trial.onServer(async (client) => void (await client.send(['FLUSHALL']))))),
  );

  it(
    'answers nothing of a long history until it is complete again, even if no old projector is left',
    each(chance.fork('flush and restart'), (own) =>
      inFolder(async (folder) => {
        const trial = await RedisTrial.start(own, folder);
        let reading: Promise<void> | undefined;
        try {
          await trial.write(LONG_HISTORY);
          await trial.settled();
          await trial.stopProjector();
          await trial.onServer((client) => client.send(['FLUSHALL']));
          reading = trial.read();
          for (let restarts = own.int(1, 3); restarts > 0; restarts--) {
            trial.startProjector();
            await delay(own.int(0, 300));
            await trial.stopProjector();
          }
          trial.startProjector();
          await trial.settled();
          expect(await trial.verify()).toEqual([]);
        } finally {
          await trial.end();
          await reading;
        }
        expect(trial.flaws).toEqual([]);
        expect(trial.earliest).toBe(trial.head);
      }),
    ),
  );

  it(
    'is filled anew when the bookkeeping is deleted, and its old data is swept up',
    each(chance.fork('checkpoint'), (own) =>
      faulted(own, async (trial) => {
        const orphan = await trial.keyOf('counts:d');
        const bookkeeping = await trial.keyOf(':generations');
        await trial.onServer((client) => client.send(['DEL', bookkeeping]));
        await trial.settled();
        expect(await trial.onServer((client) => client.send(['EXISTS', orphan]))).toBe(0);
      }),
    ),
  );

  it(
    'is filled anew when any single data key is deleted',
    each(chance.fork('data key'), (own, number) =>
      faulted(own, async (trial) => {
        const key = await trial.keyOf(DATA_KEYS[number % DATA_KEYS.length] ?? '');
        await trial.onServer((client) => client.send(['DEL', key]));
        // A loss that only a commit or a query of that board meets is met by one.
        await trial.reader.top('counts', 'sums', { limit: 1 });
      }),
    ),
  );

  it(
    'has the lost document named by verify, and recovers',
    each(chance.fork('document'), (own) =>
      inFolder(async (folder) => {
        const trial = await RedisTrial.start(own, folder);
        try {
          await trial.stopProjector();
          const documents = await trial.keyOf('counts:d');
          const fields = (await trial.onServer((client) => client.send(['HKEYS', documents]))) as string[];
          const lost = own.pick(fields.filter((field) => field.startsWith('count-')));
          await trial.onServer((client) => client.send(['HDEL', documents, lost]));
          expect((await trial.verify()).map(({ key }) => key)).toEqual([lost]);
          trial.startProjector();
          await trial.settled();
          expect(await trial.verify()).toEqual([]);
        } finally {
          await trial.end();
        }
      }),
    ),
  );

  it(
    'goes on from a restored older dump',
    each(chance.fork('dump'), (own) =>
      faulted(own, async (trial) => {
        const dump = await trial.dump();
        await trial.write(own.int(10, 200));
        await delay(own.int(0, 100));
        await trial.restart(dump);
      }),
    ),
  );

  it(
    'is filled anew after a crash without a saved dump',
    each(chance.fork('crash'), (own) => faulted(own, (trial) => trial.restart())),
  );
});

describe('a Redis that is hard to reach', () => {
  const chance = chanceOf('redis hard to reach');

  it(
    'loses nothing when its connections are killed',
    each(chance.fork('connections'), (own) =>
      faulted(own, async (trial) => {
        for (let left = own.int(1, 10); left > 0; left--) {
          await trial.onServer((client) => client.send(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']));
          await trial.write(own.int(0, 20));
          await delay(own.int(0, 30));
        }
      }),
    ),
  );

  it(
    'loses nothing when it is down and comes back with its append-only file, and others go on meanwhile',
    { timeout: trials(TRIALS) * 2 * OUTAGE_MS },
    each(chance.fork('down'), async (own) => {
      await faulted(
        own,
        async (trial) => {
          await trial.kill();
          await trial.write(own.int(10, 100));
          await expect.poll(() => trial.memoryIsLive(), { timeout: 10_000, interval: 5 }).toBe(true);
          await delay(isLong ? OUTAGE_MS : own.int(0, OUTAGE_MS_MAX));
          await trial.restart();
        },
        { flags: ['--appendonly', 'yes', '--appendfsync', 'always'] },
      );
    }),
  );

  it(
    'loses nothing behind a network that is slow and breaks off',
    each(chance.fork('slow'), async (own) => {
      let proxy: TcpProxy | undefined;
      try {
        await faulted(
          own,
          async (trial) => {
            for (let left = own.int(2, 5); left > 0; left--) {
              proxy?.become(
                own.pick([{ kind: 'delay', delayMs: own.int(5, 80) }, { kind: 'no-reply' }, { kind: 'trickle', bytes: 200, everyMs: 1 }]),
              );
              await trial.write(own.int(1, 40));
              await expect.poll(() => trial.memoryIsLive(), { timeout: 10_000, interval: 5 }).toBe(true);
              await delay(own.int(0, OUTAGE_MS_MAX));
              proxy?.reset();
            }
            proxy?.become({ kind: 'none' });
          },
          {
            through: async (port) => {
              proxy = await TcpProxy.listen({ target: { host: '127.0.0.1', port } });
              return proxy.port;
            },
          },
        );
      } finally {
        await proxy?.close();
      }
    }),
  );
});
