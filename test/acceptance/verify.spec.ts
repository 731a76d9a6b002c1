// Verify and rebuild --until as users run them: the installed program on the sample. Needs the build (npm test makes
// it).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApplicationProcess, build } from './online-retail/application-process.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = path.join(root, 'node_modules/.bin/mainstem');
const sample = path.join(root, 'data/online-retail/sample.ndjson');

const READY_TIMEOUT_MS = 60_000;

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
interface Report {
  readonly projection: string;
  readonly isSame: boolean;
  readonly documentsCompared: number;
  readonly differences: readonly Record<string, unknown>[];
}
interface Figures {
  readonly orders: number;
  readonly creditNotes: number;
  readonly grossSales: string;
  readonly creditedAmount: string;
  readonly unitsSold: number;
  readonly unitsReturned: number;
  readonly distinctCustomers: number;
}

let dir: string;

const mainstem = async (...args: readonly string[]): Promise<Run> => {
  const child = spawn(program, [...args, '--dir', dir], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
};
const verifyAll = async (): Promise<{ readonly code: number | null; readonly reports: readonly Report[] }> => {
  const { code, out, err } = await mainstem('verify', '--all', '--json');
  if (out === '') throw new Error(err);
  return { code, reports: JSON.parse(out) as readonly Report[] };
};
const differing = (reports: readonly Report[]): object[] =>
  reports.flatMap(({ differences }) => differences.map(({ lastEvent: _, ...rest }) => rest));

/** Changes a file of a read store without its store. */
const damage = (file: string, work: (database: DatabaseSync) => void): void => {
  const database = new DatabaseSync(path.join(dir, file));
  try {
    work(database);
  } finally {
    database.close();
  }
};
/** The table with the documents of a collection of the cache or the search index. */
const documentsOf = (database: DatabaseSync, collection: string): string => {
  const sql = `SELECT c.id FROM collections c JOIN generations g ON g.id = c.generation WHERE c.name = ? AND g.state = 'serving'`;
  return `documents_${String((database.prepare(sql).get(collection) as { id: number }).id)}`;
};

const start = async (...args: readonly string[]): Promise<ApplicationProcess> => {
  const shop = await ApplicationProcess.start('apps/all-in-one/src/main.js', ['--dir', dir, ...args]);
  await shop.ready(READY_TIMEOUT_MS);
  return shop;
};

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'mainstem-verify-'));
  await build();
  // The fingerprints are those of the compiled program, so the program itself must fill the read models.
  const shop = await start('--data', sample);
  await shop.end('SIGTERM');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('mainstem verify', () => {
  it('finds nothing different after an import', async () => {
    const { code, reports } = await verifyAll();
    expect(differing(reports)).toEqual([]);
    expect(code).toBe(0);
    expect(reports.length).toBeGreaterThan(10);
    for (const { projection, isSame, documentsCompared } of reports) {
      expect(isSame, projection).toBe(true);
      expect(documentsCompared, projection).toBeGreaterThan(0);
    }
  });

  it('names exactly the row, the cache value and the search document that were damaged by hand; a rebuild mends them', async () => {
    const before = JSON.parse((await mainstem('show', 'product-cards', '--key', '85123A')).out) as { document: { unitsSold: number } };
    damage('sql.db', (database) => {
      database.exec(`UPDATE products__g1 SET "stockDelta" = "stockDelta" + 1 WHERE sku = '84029E'`);
    });
    damage('cache.db', (database) => {
      const table = documentsOf(database, 'product-cards');
      database.exec(`UPDATE ${table} SET document = json_set(document, '$.unitsSold', 1) WHERE key = '85123A'`);
    });
    damage('search.db', (database) => {
      const table = documentsOf(database, 'product-texts');
      database.exec(`UPDATE ${table} SET document = json_set(document, '$.description', 'UNICORN') WHERE key = '22423'`);
    });
    const { code, reports } = await verifyAll();
    expect(code).toBe(1);
    expect(differing(reports).filter((difference) => !('kind' in difference) || difference.kind !== 'derived')).toEqual([
      expect.objectContaining({ store: 'sql', projection: 'products', key: '84029E', field: 'stockDelta', stored: 1, expected: 0 }),
      {
        store: 'cache',
        projection: 'product-cards',
        collection: 'product-cards',
        key: '85123A',
        kind: 'changed',
        field: 'unitsSold',
        stored: 1,
        expected: before.document.unitsSold,
      },
      expect.objectContaining({ store: 'search', key: '22423', field: 'description', stored: 'UNICORN', expected: 'REGENCY CAKESTAND 3 TIER' }),
    ]);
    expect(new Set(differing(reports).map((difference) => (difference as { key: string }).key))).toEqual(new Set(['84029E', '85123A', '22423']));
    const [card] = reports.filter(({ projection }) => projection === 'product-cards');
    expect(card?.differences[0]).toMatchObject({ lastEvent: { type: 'OrderLineAdded' } });

    expect((await mainstem('rebuild', 'products', 'product-cards', 'product-texts')).code).toBe(0);
    const healed = await verifyAll();
    expect(differing(healed.reports)).toEqual([]);
    expect(healed.code).toBe(0);
  });

  it('names a leaderboard place and an index word that differ from their documents', async () => {
    damage('cache.db', (database) => {
      const places = documentsOf(database, 'product-cards').replace('documents', 'places');
      database.exec(`DELETE FROM ${places} WHERE key = '21730'`);
    });
    damage('search.db', (database) => {
      const table = documentsOf(database, 'product-texts');
      const { id, words } = database.prepare(`SELECT id, words FROM ${table} WHERE key = '22423'`).get() as { id: number; words: string };
      const index = table.replace('documents', 'words');
      database.prepare(`INSERT INTO ${index} (${index}, rowid, field_0) VALUES ('delete', ?, ?)`).run(id, words.split('\n')[0] ?? '');
    });
    const { code, reports } = await verifyAll();
    expect(code).toBe(1);
    const found = differing(reports) as { key: string; field: string; kind: string }[];
    expect(found.map(({ kind }) => kind)).toEqual(found.map(() => 'derived'));
    expect(new Set(found.map(({ key }) => key))).toEqual(new Set(['21730', '22423']));
    expect(found.some(({ field }) => field.startsWith('board '))).toBe(true);
    expect(found.some(({ field }) => field === 'index')).toBe(true);
    expect((await mainstem('rebuild', 'product-cards', 'product-texts')).code).toBe(0);
    expect((await verifyAll()).code).toBe(0);
  });

  it('is clean while commands arrive', async () => {
    const shop = await start('--no-data');
    const stopping = new AbortController();
    const flowing = placeOrders(shop.url, stopping.signal);
    try {
      for (let round = 0; round < 2; round++) {
        const { code, reports } = await verifyAll();
        expect(differing(reports)).toEqual([]);
        expect(code).toBe(0);
      }
      stopping.abort();
      expect(await flowing).toBeGreaterThan(50);
    } finally {
      stopping.abort();
      await flowing;
      await shop.end('SIGTERM');
    }
  });
});

describe('mainstem rebuild --until', () => {
  it.each(['500', '1000', '2000'])('shows the totals as of event %s, as computed independently', async (until) => {
    const { checkpoints } = (JSON.parse(await readFile(path.join(root, 'data/online-retail/expected.json'), 'utf8')) as Expected).sample;
    const expected = checkpoints[until];
    if (!expected) throw new Error(`expected.json has no checkpoint ${until}`);
    const generations = new Map<string, string>();
    const { code, out, err } = await mainstem('rebuild', 'ledger-totals', 'document-totals', '--until', until, '--json');
    expect(code, err).toBe(0);
    for (const line of out.trim().split('\n')) {
      const { projection, generation } = JSON.parse(line) as { projection: string; generation: number };
      generations.set(projection, String(generation));
    }
    const totals = (await shown('ledger-totals', generations))[0] as Record<string, unknown>;
    expect(totals).toMatchObject({
      ordersPlaced: expected.orders,
      creditNotesIssued: expected.creditNotes,
      grossSales: expected.grossSales,
      creditedAmount: expected.creditedAmount,
      unitsSold: expected.unitsSold,
      unitsReturned: expected.unitsReturned,
    });
    expect(await shown('document-totals', generations, '--collection', 'customer-balances')).toHaveLength(expected.distinctCustomers);
    const serving = JSON.parse((await mainstem('show', 'ledger-totals')).out) as { document: { ordersPlaced: number } };
    expect(serving.document.ordersPlaced).toBeGreaterThan(84);
  });

  it('is listed by status, and removed by cleanup', async () => {
    const states = async (): Promise<readonly string[]> => {
      const statuses = JSON.parse((await mainstem('status', '--json')).out) as { projection: string; generations: { state: string }[] }[];
      return statuses.find(({ projection }) => projection === 'ledger-totals')?.generations.map(({ state }) => state) ?? [];
    };
    expect(await states()).toEqual(['serving', 'side', 'side', 'side']);
    expect((await mainstem('cleanup', 'ledger-totals')).code).toBe(0);
    expect(await states()).toEqual(['serving']);
  });
});

/** Places orders one after the other until told to stop; resolves with their number. */
const placeOrders = async (url: string, signal: AbortSignal): Promise<number> => {
  let placed = 0;
  for (; !signal.aborted; placed++) {
    const order = { orderNo: String(700_000 + placed), customerId: String(90_000 + (placed % 40)), country: `Land ${placed % 7}` };
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/orders`, { method: 'POST', headers, body: JSON.stringify(order) });
    if (!answer.ok) throw new Error(await answer.text());
  }
  return placed;
};

const shown = async (projection: string, generations: ReadonlyMap<string, string>, ...more: readonly string[]): Promise<readonly object[]> => {
  const generation = generations.get(projection) ?? '';
  const { out, err } = await mainstem('show', projection, '--generation', generation, '--limit', '100000', ...more);
  if (out === '') throw new Error(err);
  return out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { document: object }).document);
};

interface Expected {
  readonly sample: { readonly checkpoints: Readonly<Record<string, Figures>> };
}
