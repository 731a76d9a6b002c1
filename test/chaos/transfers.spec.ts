// Transfers between accounts, asked for more than once, while their hosts are killed. No money is made or lost; each
// transfer takes effect once or not at all.
import { CommandExecutor } from '@mainstem/aggregate';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { streamOf, type RecordedEvent } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { account, AmountData, Close, Open, RequestTransfer, transfer } from '../../libs/process/src/transfer.fixtures.js';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

// Ten times as many transfers and kills with FULL=1, as before a release.
const ACCOUNTS = 50;
const CLOSED = 3;
/** In proportion to the transfers, which are under way at the same moment: else most of them are refused. */
const OPENING_BALANCE = trials(100);
const TRANSFERS = 1_000;
const HOSTS = 2;
const KILLS = 12;
const AT_ONCE = 32;
/** For so many transfers, on a busy machine. */
const ENDED_TIMEOUT_MS = 300_000;
const UNDONE_TIMEOUT_MS = 60_000;

/** The money that has left one account and reached no other; and the fault at the first wrong position. */
class Books {
  readonly balances = new Map<string, number>();
  readonly underWay = new Map<string, number>();
  readonly counts = new Map<string, { debited: number; credited: number; ended: string[] }>();

  add({ type, stream, data, position }: RecordedEvent): void {
    if (type === 'Opened') this.balances.set(stream, (data as { balance: number }).balance);
    if (type === 'Debited' || type === 'Credited') {
      const { transfer: id, amount } = data as AmountData;
      const sign = type === 'Debited' ? 1 : -1;
      this.balances.set(stream, (this.balances.get(stream) ?? 0) - sign * amount);
      const open = (this.underWay.get(id) ?? 0) + sign * amount;
      expect([0, amount], `what is under way of ${id} at position ${position}`).toContain(open);
      this.underWay.set(id, open);
      const counts = this.#of(id);
      if (sign > 0) counts.debited++;
      else counts.credited++;
      expect(this.sum, `the sum at position ${position}`).toBe(ACCOUNTS * OPENING_BALANCE);
      expect(this.balances.get(stream), `the balance of ${stream} at position ${position}`).toBeGreaterThanOrEqual(0);
    }
    if (type === 'Completed' || type === 'Failed') this.#of(stream.slice('transfer-'.length)).ended.push(type);
  }

  /** On accounts and under way. */
  get sum(): number {
    return [...this.balances.values(), ...this.underWay.values()].reduce((sum, amount) => sum + amount, 0);
  }

  #of(id: string): { debited: number; credited: number; ended: string[] } {
    const found = this.counts.get(id) ?? { debited: 0, credited: 0, ended: [] };
    this.counts.set(id, found);
    return found;
  }
}

describe('transfers by a process manager', () => {
  it(
    'keep the sum at every position, each with all of its effect or none, while its hosts are killed and requests come twice',
    async () => {
      const chance = chanceOf('transfers');
      await inFolder(async (dir) => {
        const store = await EmbeddedEventStore.open({ dir });
        try {
          const executor = new CommandExecutor({ store });
          for (let index = 0; index < ACCOUNTS; index++)
            await executor.execute(account, String(index), new Open(index < CLOSED ? 0 : OPENING_BALANCE));
          await executor.execute(account, String(CLOSED), new Open(OPENING_BALANCE * (CLOSED + 1)));
          for (let index = 0; index < CLOSED; index++) await executor.execute(account, String(index), new Close());
          const count = trials(TRANSFERS);
          let asked = 0;
          const ask = async (): Promise<void> => {
            while (asked < count) {
              const id = `t${asked++}`;
              const [from, to] = [chance.int(0, ACCOUNTS - 1), chance.int(0, ACCOUNTS - 1)];
              const context = { commandId: `ask-${id}` };
              const request = new RequestTransfer(String(from), String(to), chance.int(1, 60));
              for (let times = chance.int(1, 3); times > 0; times--) await executor.execute(transfer, id, request, context);
            }
          };
          const hosts = Array.from({ length: HOSTS }, () => new WorkerProcess('process-host.ts', { args: [dir] }));
          try {
            const asking = Promise.all(Array.from({ length: AT_ONCE }, ask));
            // A host without work tells nothing.
            for (let kill = 0; kill < trials(KILLS) && (await endedIn(store)) < count; kill++) {
              const which = chance.int(0, HOSTS - 1);
              await hosts[which]?.until('started');
              await hosts[which]?.next('positions');
              for (let looks = chance.int(0, 8); looks > 0; looks--) await hosts[which]?.next('positions');
              await hosts[which]?.kill();
              hosts[which] = new WorkerProcess('process-host.ts', { args: [dir] });
            }
            await asking;
            await expect.poll(() => endedIn(store), { timeout: trials(ENDED_TIMEOUT_MS), interval: 200 }).toBe(count);
            // What two hosts sent at the same moment may be undone after the end.
            await expect.poll(() => underWayIn(store), { timeout: UNDONE_TIMEOUT_MS, interval: 200 }).toEqual({});
          } finally {
            await Promise.all(hosts.map((host) => host.kill()));
          }
          await expectBooks(store, count);
        } finally {
          await store.close();
        }
      });
    },
    trials(2 * ENDED_TIMEOUT_MS),
  );
});

const endedIn = async (store: EmbeddedEventStore): Promise<number> => {
  let ended = 0;
  for await (const events of store.readAll({ filter: { types: ['Completed', 'Failed'] } })) ended += events.length;
  return ended;
};

/** Money that has left one account and reached no other, by transfer, with what its instance was told. */
const underWayIn = async (store: EmbeddedEventStore): Promise<Readonly<Record<string, string>>> => {
  const open = new Map<string, number>();
  for await (const events of store.readAll({ filter: { types: ['Debited', 'Credited'] } })) {
    for (const { type, data } of events) {
      const { transfer: id, amount } = data as AmountData;
      open.set(id, (open.get(id) ?? 0) + (type === 'Debited' ? 1 : -1) * amount);
    }
  }
  const left = [...open].filter(([, amount]) => amount !== 0);
  return Object.fromEntries(await Promise.all(left.map(async ([id, amount]) => [id, `${amount}: ${(await typesIn(store, id)).join(' ')}`] as const)));
};

const typesIn = async (store: EmbeddedEventStore, id: string): Promise<readonly string[]> => {
  const types: string[] = [];
  for await (const events of store.readStream(streamOf('run', id))) types.push(...events.map(({ type }) => type));
  return types;
};

const expectBooks = async (store: EmbeddedEventStore, count: number): Promise<void> => {
  const books = new Books();
  for await (const events of store.readAll({ filter: { streamPrefixes: ['account-', 'transfer-'] } })) for (const event of events) books.add(event);
  expect(books.counts.size).toBe(count);
  for (const [id, { debited, credited, ended }] of books.counts) {
    expect(ended, `the end of ${id}`).toHaveLength(1);
    expect([debited, credited], `debits and credits of ${id}`).toEqual(ended[0] === 'Completed' || debited > 0 ? [1, 1] : [0, 0]);
  }
  const completed = [...books.counts.values()].filter(({ ended }) => ended[0] === 'Completed').length;
  expect(completed).toBeGreaterThan(count / 10);
  expect(completed).toBeLessThan(count);
};
