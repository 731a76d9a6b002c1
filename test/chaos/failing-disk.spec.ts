// A disk that fills up, and files that become read-only, in the middle of traffic; then there is room again.
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import { isMainstemError } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { AcknowledgementLedger } from './support/acknowledgements.js';
import { eventsIn, flawsOfReadModels } from './support/shop-folder.js';
import { send, ShopCommands } from './support/shop-traffic.js';
import { toldCommand } from './support/told-events.js';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

/** Room for three read stores, each with a write-ahead log of up to 16 MiB. */
const DISK_MIB = 96;
const CLIENTS = 4;
const RECOVERY_MS = 30_000;
const POLL_MS = 20;
const NOBODY = 65_534;

/** True if this user may mount; CI reports a missing right instead of passing silently. */
const mount = (path: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Runs `work` on its own small disk; false if that is impossible. */
const onSmallDisk = (work: (dir: string) => Promise<void>): Promise<boolean> =>
  inFolder(async (dir) => {
    const disk = join(dir, 'disk');
    await mkdir(disk);
    if (!mount(disk)) return false;
    try {
      await work(disk);
      return true;
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  });

/** Fills the disk except for some KiB, or completely if others use those meanwhile. */
const fill = async (disk: string, { leaving }: { readonly leaving: number }): Promise<() => Promise<void>> => {
  const [, available = '0'] =
    execFileSync('df', ['-Pk', disk], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .at(-1)
      ?.match(/\s(\d+)\s+\d+%/) ?? [];
  const ballast = join(disk, 'ballast');
  await writeFile(ballast, Buffer.alloc(Math.max(0, Number(available) - leaving) * 1_024)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error;
  });
  return () => rm(ballast);
};

const within = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + RECOVERY_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come true within ${RECOVERY_MS} ms`);
    await delay(POLL_MS);
  }
};

describe('a full disk', () => {
  const random = chanceOf('failing-disk');

  it.for(Array.from({ length: trials(3) }, (_, round) => round))(
    'refuses appends with EVENT_STORE_DISK_FULL, loses nothing, and accepts them again when there is room (round %i)',
    async (round, { skip }) => {
      const chance = random.fork(`events ${round}`);
      const isThere = await onSmallDisk(async (dir) => {
        const store = await EmbeddedEventStore.open({ dir });
        const acknowledged: string[] = [];
        const codes = new Set<string>();
        let number = 1;
        const appendUntil = async (isOver: () => boolean): Promise<void> => {
          while (!isOver()) {
            const { stream, events } = toldCommand(number++);
            try {
              await store.append(stream, events, { expectedRevision: 'any' });
              acknowledged.push(...events.map(({ id }) => id));
            } catch (error) {
              codes.add(isMainstemError(error) ? error.code : String(error));
            }
          }
        };
        const clients = (isOver: () => boolean): Promise<unknown> => Promise.all(Array.from({ length: CLIENTS }, () => appendUntil(isOver)));
        const idsNow = async (): Promise<readonly string[]> => {
          const ids: string[] = [];
          for await (const batch of store.readAll()) ids.push(...batch.map(({ id }) => id));
          return ids;
        };

        const calm = chance.int(50, 150);
        await clients(() => number > calm);
        const empty = await fill(dir, { leaving: chance.int(0, 600) });
        await clients(() => codes.size > 0);
        expect([...codes]).toEqual(['EVENT_STORE_DISK_FULL']);
        const before = await idsNow();
        expect(before).toEqual(expect.arrayContaining(acknowledged));
        expect(new Set(before).size).toBe(before.length);

        await empty();
        codes.clear();
        const beyond = number + 100;
        await clients(() => number > beyond);
        expect([...codes]).toEqual([]);
        expect((await idsNow()).toSorted()).toEqual(acknowledged.toSorted());
        await store.close();
      });
      if (!isThere) skip('this user may not mount');
    },
  );

  it('stops the whole application from acknowledging, not from reading; it recovers automatically when there is room', async ({ skip }) => {
    const isThere = await onSmallDisk(async (dir) => {
      const ledger = new AcknowledgementLedger();
      const commands = new ShopCommands('D', random.fork('shop'));
      await using worker = new WorkerProcess('all-in-one.ts', { args: [dir] });
      const url = String((await worker.until('listening'))['url']);
      const isLive = (): boolean => worker.last.get('projections')?.['isLive'] === true;
      const sendSome = async (count: number): Promise<number> => {
        let refused = 0;
        for (let sent = 0; sent < count; sent += CLIENTS) {
          const chosen = Array.from({ length: CLIENTS }, () => commands.next());
          const answers = await Promise.all(chosen.map((command) => send(url, command, ledger)));
          chosen.forEach((command, index) => (answers[index] ? commands.opened(command) : refused++));
        }
        return refused;
      };
      await sendSome(200);
      await within('all projections are live', isLive);

      const empty = await fill(dir, { leaving: random.int(0, 300) });
      await within('commands are refused', async () => (await sendSome(20)) > 0);
      expect((await fetch(`${url}/health/live`)).ok).toBe(true);
      expect([...ledger.refusals]).toEqual(['503 EVENT_STORE_DISK_FULL']);

      await empty();
      await within('commands are taken again', async () => (await sendSome(20)) === 0);
      ledger.refusals.clear();
      for (const command of ledger.unanswered) await send(url, command, ledger);
      expect([...ledger.refusals]).toEqual([]);
      expect(ledger.unanswered).toEqual([]);
      // Only a later report was made after the last append.
      await worker.fresh('projections');
      await within('all projections are live again', isLive);
      worker.send({ action: 'stop' });
      await worker.succeeded();
      const events = await eventsIn(dir);
      expect(ledger.flawsOf(events)).toEqual([]);
      expect(await flawsOfReadModels(dir, events, { isComplete: true })).toEqual([]);
    });
    if (!isThere) skip('this user may not mount');
  });
});

describe('a folder that becomes read-only', () => {
  /** Permissions do not apply to the superuser: become another user for a while. */
  const asOrdinaryUser = async (dir: string, work: () => Promise<void>): Promise<void> => {
    const isSuperuser = process.geteuid?.() === 0;
    if (isSuperuser) await chown(dir, NOBODY, NOBODY);
    if (isSuperuser) process.seteuid?.(NOBODY);
    try {
      await work();
    } finally {
      if (isSuperuser) process.seteuid?.(0);
    }
  };

  const setModes = async (dir: string, folder: number, file: number): Promise<void> => {
    await chmod(dir, 0o777);
    for (const name of await readdir(dir)) await chmod(join(dir, name), file);
    await chmod(dir, folder);
  };

  it('accepts appends of an open store or refuses them by name, refuses to open, and is complete when it is writable again', async () => {
    await inFolder(async (parent) => {
      const dir = join(parent, 'shop');
      await mkdir(dir);
      await chmod(parent, 0o777);
      await asOrdinaryUser(dir, async () => {
        const acknowledged: string[] = [];
        const codes = new Set<string>();
        const appendSome = async (store: EmbeddedEventStore, from: number, to: number): Promise<void> => {
          for (let number = from; number < to; number++) {
            const { stream, events } = toldCommand(number);
            try {
              await store.append(stream, events, { expectedRevision: 'any' });
              acknowledged.push(...events.map(({ id }) => id));
            } catch (error) {
              codes.add(isMainstemError(error) ? error.code : String(error));
            }
          }
        };
        const store = await EmbeddedEventStore.open({ dir });
        await (await EmbeddedCacheStore.open({ dir })).close();
        await appendSome(store, 1, 50);
        await setModes(dir, 0o555, 0o444);
        await appendSome(store, 50, 100);
        expect([...codes].filter((code) => code !== 'EVENT_STORE_READ_ONLY')).toEqual([]);
        await expect(EmbeddedEventStore.open({ dir })).rejects.toMatchObject({ code: 'EVENT_STORE_READ_ONLY' });
        await expect(EmbeddedCacheStore.open({ dir })).rejects.toMatchObject({ code: 'READ_STORE_READ_ONLY' });
        await store.close();

        await setModes(dir, 0o755, 0o644);
        codes.clear();
        const again = await EmbeddedEventStore.open({ dir });
        await appendSome(again, 100, 150);
        expect([...codes]).toEqual([]);
        const ids: string[] = [];
        for await (const batch of again.readAll()) ids.push(...batch.map(({ id }) => id));
        expect(ids).toEqual(acknowledged);
        await again.close();
        await (await EmbeddedCacheStore.open({ dir })).close();
      });
    });
  });
});
