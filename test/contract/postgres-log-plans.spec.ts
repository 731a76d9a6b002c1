// What a look at the log on PostgreSQL costs the server: the same few pages, however long the log is.
import type { EventFilter } from '@mainstem/event-store';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allStatement, FILTER_PARAMETER, headStatement, idStatement, streamStatement } from '../../libs/postgres/src/read/page-statements.js';
import type { Statement } from '../../libs/postgres/src/server/sessions.js';
import { wantedBy } from '../../libs/postgres/src/read/wanted.js';
import { LogSchema } from './postgres-events.js';
import { withPostgres } from './sql-fixtures.js';

const EVENTS = 200_000;
/** One look-up reads three or four pages of an index, and one of the table. */
const PAGES_MAX = 30;
const RARE_AT = 150_000n;

const FILTERS: readonly EventFilter[] = [
  {},
  { types: ['Rare'] },
  { types: ['Noted', 'Counted', 'Rare'] },
  { streamPrefixes: ['rare-'] },
  { streamPrefixes: ['order-', 'rare-', 'none-'] },
  { types: ['Noted', 'Rare'], streamPrefixes: ['order-1', 'rare-'] },
];

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly 'Actual Rows': number;
}

describe.runIf(await withPostgres())('a look at a long log on PostgreSQL', () => {
  let schema: LogSchema;
  let client: pg.Client;
  let plansWithoutStatistics: readonly Plan[];
  beforeAll(async () => {
    schema = new LogSchema();
    await schema.open();
    client = await schema.stranger();
    await client.query(`INSERT INTO ${schema.name}.events
      SELECT n, gen_random_uuid(), CASE WHEN n = ${RARE_AT} THEN 'rare-1' ELSE 'order-' || n % 5000 END, n / 5000,
        CASE WHEN n = ${RARE_AT} THEN 'Rare' WHEN n % 3 = 0 THEN 'Noted' ELSE 'Counted' END, 0, '{"text":"some payload of an ordinary length"}', '{}'
      FROM generate_series(1, ${EVENTS}) AS n`);
    plansWithoutStatistics = await planned(page({}, 1_000n, false, 2_000n));
    await client.query(`VACUUM ANALYZE ${schema.name}.events`);
  });
  afterAll(() => schema[Symbol.asyncDispose]());

  /** What the server does, with a plan for these values and with one for any. */
  const planned = async ({ text, values }: Statement): Promise<readonly Plan[]> => {
    const plans: Plan[] = [];
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      await client.query(`SET plan_cache_mode = ${mode}`);
      await client.query(`PREPARE look AS ${text}`);
      const given = values.map((value) => (Array.isArray(value) ? `ARRAY[${value.map((one) => `'${one}'`).join()}]` : `'${String(value)}'`)).join();
      const { rows } = await client.query<{ 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE look${given === '' ? '' : `(${given})`}`,
      );
      await client.query('DEALLOCATE look');
      plans.push((rows[0] as (typeof rows)[0])['QUERY PLAN'][0].Plan);
    }
    return plans;
  };
  const pagesOf = (plans: readonly Plan[]): number => Math.max(...plans.map((plan) => plan['Shared Hit Blocks'] + plan['Shared Read Blocks']));
  const page = (filter: EventFilter, after: bigint, isByIndex: boolean, until = BigInt(EVENTS)): Statement => {
    const wanted = wantedBy(filter, FILTER_PARAMETER, isByIndex);
    const scan = { isBackwards: false, after, until, limit: 1_000, needsPayload: true };
    return allStatement(schema.name, scan, wanted);
  };

  it('costs a few pages when there is nothing new, whatever is wanted', async () => {
    for (const filter of FILTERS) {
      for (const isByIndex of [false, true]) {
        expect(pagesOf(await planned(page(filter, BigInt(EVENTS), isByIndex))), JSON.stringify({ filter, isByIndex })).toBeLessThan(PAGES_MAX);
      }
    }
  });

  it('reads a page of all events from the pages that hold it, also while the server knows nothing about the table', async () => {
    for (const plans of [plansWithoutStatistics, await planned(page({}, 1_000n, false, 2_000n))]) {
      expect(plans.map((plan) => plan['Actual Rows'])).toEqual([1_001, 1_001]); // with the row of the end
      expect(pagesOf(plans)).toBeLessThan(200);
    }
  });

  it('finds a rare event far away by an index', async () => {
    for (const filter of [{ types: ['Rare'] }, { streamPrefixes: ['rare-'] }]) {
      const plans = await planned(page(filter, 0n, true));
      expect(plans.map((plan) => plan['Actual Rows'])).toEqual([2, 2]);
      expect(pagesOf(plans), JSON.stringify(filter)).toBeLessThan(PAGES_MAX);
    }
  });

  it('costs a few pages for the head, an id and the end of a stream', async () => {
    const statements = [
      headStatement(schema.name),
      idStatement(schema.name, RARE_AT),
      streamStatement(schema.name, { stream: 'order-7' as never, isBackwards: true, from: undefined, limit: 1 }),
      streamStatement(schema.name, { stream: 'order-7' as never, isBackwards: false, from: 39n as never, limit: 1_000 }),
    ];
    for (const statement of statements) expect(pagesOf(await planned(statement)), statement.text).toBeLessThan(PAGES_MAX);
  });
});
