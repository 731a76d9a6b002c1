// PostgreSQL, Redis and OpenSearch together follow one event store, each in its own process, only by settings.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshPrefix, removeIndices, sharedNode } from '../../contract/opensearch-nodes.js';
import { redisFixture, redisUrl } from '../../contract/redis-fixtures.js';
import { postgresQuery, postgresUrl, withPostgres } from '../../contract/sql-fixtures.js';
import { SeparateApplications } from '../separate-applications.js';
import { build } from './application-process.js';
import { expectFigures, FULL_FILE, fullFigures, SAMPLE_FILE, sampleFigures } from './expected.js';
import { everyAnswer, WORDS } from './pages.js';
import { RunningShop } from './running-shop.js';

const SCHEMA = `mainstem_trio_${process.pid}`;
/** Between two kills, during the import. */
const PAUSE_MS = 300;
/** The whole ledger takes minutes through eight processes on two cores. */
const isWhole = Boolean(process.env['FULL']);
const HEALING_MS = isWhole ? 400_000 : 60_000;

const skusOf = (items: unknown): readonly string[] => (items as readonly { readonly sku: string }[]).map(({ sku }) => sku).sort();

const opensearch = await sharedNode();
const isThere = opensearch !== undefined && redisUrl !== undefined && (await withPostgres());

describe.skipIf(!isThere)('PostgreSQL, Redis and OpenSearch over one event store', () => {
  const prefix = freshPrefix();
  const redis = redisFixture(redisUrl ?? '');
  let dir: string;
  let applications: SeparateApplications;
  beforeAll(build);
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-trio-'));
    const url = new URL(postgresUrl);
    url.searchParams.set('schema', SCHEMA);
    applications = await SeparateApplications.start(dir, {
      READ_STORE_SQL: url.href,
      READ_STORE_CACHE: redis.url,
      READ_STORE_SEARCH: `${opensearch}?prefix=${prefix}&replicas=0`,
      PROJECTOR_LEASE_MS: '1000',
    });
  });
  afterAll(async () => {
    await applications.end('SIGINT');
    await rm(dir, { recursive: true, force: true });
    await postgresQuery(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
    await redis.remove();
    await removeIndices(opensearch ?? '', prefix);
  });

  const [file, figures] = isWhole ? [FULL_FILE, fullFigures] : [SAMPLE_FILE, sampleFigures];
  const settled = async (): Promise<void> => applications.healed((await applications.recorded()).at(-1)?.position ?? 0n, HEALING_MS);

  it('reproduce every expected figure, each projector killed and started again while the events arrive', async () => {
    const imported = applications.mainstem('import', file);
    for (const name of ['sql-projector', 'cache-projector', 'search-projector']) {
      await delay(PAUSE_MS);
      await applications.killAndStart(name);
    }
    await imported;
    await settled();
    await expectFigures(applications.queries, figures);
  });

  it('are verified by the command, and rebuilt from the first event beside the running processes', async () => {
    expect(await applications.mainstem('verify', '--all')).toMatch(/products/);
    await applications.mainstem('rebuild', '--all');
    await settled();
    await expectFigures(applications.queries, figures);
  });

  it('answer as the embedded stores do', async () => {
    await using embedded = await RunningShop.open({ dir: join(dir, 'embedded'), data: file });
    const [ours, theirs] = [await everyAnswer(applications.queries), await everyAnswer(embedded)];
    // Each index has its own scores: the found documents are compared, not their rank.
    for (const word of WORDS) expect(skusOf(ours[word]), word).toEqual(skusOf(theirs[word]));
    const withoutSearch = (answers: typeof ours): typeof ours =>
      Object.fromEntries(Object.entries(answers).filter(([path]) => !WORDS.includes(path)));
    expect(withoutSearch(ours)).toEqual(withoutSearch(theirs));
  });
});
