// Customers and products, fed by policies: as computed from the documents alone, over restarts, kills and lost
// checkpoints.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import type { Position } from '@mainstem/event-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApplicationProcess, build } from './application-process.js';
import { expectFigures, FULL_FILE, SAMPLE_FILE, sampleFigures } from './expected.js';
import { writePrefix } from './file-prefix.js';
import { everyPage } from './pages.js';
import { computedFigures, eventsOfFile, inOrder, recordedFigures, type PolicyFigures } from './policy-figures.js';
import { RunningShop } from './running-shop.js';
import { mainstem } from './shop-process.js';

const EVENTS = process.env['FULL'] ? 60_000 : 5_000;
const TIMEOUT_MS = 300_000;
const POLICIES = { POLICIES: 'on' } as const;

const readOnly = async <Value>(dir: string, read: (store: EmbeddedEventStore) => Promise<Value>): Promise<Value> => {
  const store = await EmbeddedEventStore.open({ dir, isReadOnly: true });
  try {
    return await read(store);
  } finally {
    await store.close();
  }
};
const recordedIn = (dir: string): Promise<PolicyFigures> => readOnly(dir, recordedFigures);
const headOf = (dir: string): Promise<Position | undefined> => readOnly(dir, (store) => store.head());

/** The policies that have not answered all events up to a position. */
const behind = async ({ url }: ApplicationProcess, position: bigint): Promise<readonly string[]> => {
  const { projections } = (await (await fetch(`${url}/health/progress`)).json()) as {
    readonly projections: readonly { readonly projection: string; readonly position: string | null }[];
  };
  return projections.filter((one) => BigInt(one.position ?? 0) < position).map(({ projection }) => projection);
};

describe('the sample with policies', () => {
  let dir: string;
  let shop: RunningShop;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-policies-'));
    shop = await RunningShop.open({ dir, data: SAMPLE_FILE, env: POLICIES });
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  it('has every customer and product as computed from the documents, and changes no other figure', async () => {
    expect(inOrder(await recordedIn(dir))).toEqual(inOrder(await computedFigures(eventsOfFile(SAMPLE_FILE))));
    await expectFigures(shop, sampleFigures);
  });

  it('flags the returns that the read model of violations names', async () => {
    const { customers } = await recordedIn(dir);
    const named = await Promise.all(['product', 'nonProduct'].map((kind) => everyPage(shop, `violations/returnExceedsPurchased.${kind}`, 100)));
    const flagged = [...customers.values()].flatMap((one) => one.flagged);
    expect(flagged.toSorted()).toEqual(named.flat().map(String).toSorted());
    expect(flagged).toHaveLength(11);
  });

  it('is shown by the command line, stream by stream, and with the place of each policy', async () => {
    const { out } = await mainstem(['--dir', dir, 'stream', 'customer-17850']);
    expect(out).toMatch(/UnitsBought .*order-536365/);
    expect(out).toMatch(/"flaggedReturns": 0/);
    const status = await mainstem(['--dir', dir, 'status', '--json'], POLICIES);
    expect(JSON.parse(status.out)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ projection: 'customers-policy', state: 'Live', lagEvents: '0' }),
        expect.objectContaining({ projection: 'products-policy', state: 'Live', lagEvents: '0' }),
      ]),
    );
  });

  it('gets nothing twice when the policies have lost their places', async () => {
    const head = await headOf(dir);
    await shop[Symbol.asyncDispose]();
    const cache = await EmbeddedCacheStore.open({ dir });
    for (const name of ['customers-policy', 'products-policy']) await cache.forget(name);
    await cache.close();
    shop = await RunningShop.open({ dir, data: SAMPLE_FILE, env: POLICIES });
    expect(await headOf(dir)).toBe(head);
    await shop[Symbol.asyncDispose]();
    shop = await RunningShop.open({ dir, data: SAMPLE_FILE });
    expect(await headOf(dir)).toBe(head);
  });
});

describe('policies in a process of their own', () => {
  let dir: string;
  let data: string;
  const started: ApplicationProcess[] = [];
  const start = async (entry: string, args: readonly string[] = []): Promise<ApplicationProcess> => {
    const application = await ApplicationProcess.start(entry, ['--dir', join(dir, 'stores'), ...args], { PROJECTOR_LEASE_MS: '1000' });
    started.push(application);
    return application;
  };

  beforeAll(async () => {
    await build();
    dir = await mkdtemp(join(tmpdir(), 'mainstem-policies-alone-'));
    data = join(dir, 'events.ndjson');
    await writePrefix(FULL_FILE, EVENTS, data);
  });
  afterAll(async () => {
    for (const application of started) await application.end('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  it('reach the same figures when they, and the import, are killed again and again', async () => {
    let policies = await start('apps/policies/src/main.js');
    for (const share of [0.3, 0.7]) {
      const shop = await start('apps/all-in-one/src/main.js', ['--data', data]);
      await shop.imported(EVENTS * share, TIMEOUT_MS);
      await Promise.all([policies, shop].map((application) => application.end('SIGKILL')));
      policies = await start('apps/policies/src/main.js');
    }
    const shop = await start('apps/all-in-one/src/main.js', ['--data', data]);
    await shop.ready(TIMEOUT_MS);
    const documentsEnd = (await headOf(join(dir, 'stores'))) ?? 0n;
    await expect.poll(() => behind(policies, documentsEnd), { timeout: TIMEOUT_MS }).toEqual([]);
    expect(inOrder(await recordedIn(join(dir, 'stores')))).toEqual(inOrder(await computedFigures(eventsOfFile(data))));
  });
});
