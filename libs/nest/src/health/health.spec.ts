// Health tells the truth: red with reasons until everything can serve, and after anything stops.
import 'reflect-metadata';
import { InMemoryEventStore, MainstemError, type Position } from '@mainstem/event-store';
import type { ProjectionStatus } from '@mainstem/projection';
import { NestFactory } from '@nestjs/core';
import { Logger, Module, type BeforeApplicationShutdown, type INestApplication } from '@nestjs/common';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { commandHealth, eventStoreHealth, projectorHealth, type HealthCheck } from './health-check.js';
import { HealthModule, type Readiness } from './health.module.js';

const status = (change: Partial<ProjectionStatus>): ProjectionStatus => ({
  projection: 'orders',
  store: 'sql',
  generation: 1,
  state: 'live',
  parkedKeys: 0,
  parkedEvents: 0,
  eventsApplied: 0,
  eventsPerSecond: 0,
  isHealthy: true,
  ...change,
});

describe('health', () => {
  let app: INestApplication | undefined;
  afterEach(async () => {
    await app?.close();
    app = undefined;
    vi.restoreAllMocks();
  });

  const ask = async (path: string, ...checks: readonly HealthCheck[]): Promise<{ readonly status: number; readonly body: unknown }> => {
    app = await NestFactory.create(HealthModule.forRootAsync({ useFactory: () => checks }), { logger: false });
    await app.listen(0);
    const response = await fetch(address(path));
    return { status: response.status, body: await response.json() };
  };
  const address = (path: string): string => {
    const { port } = (app as INestApplication).getHttpServer().address() as AddressInfo;
    return `http://127.0.0.1:${port}/health/${path}`;
  };
  const check = (name: string, reasons: HealthCheck['reasons']): HealthCheck => ({ name, reasons, progress: () => ({ part: name }) });

  it('is ready when no check has a reason against it', async () => {
    expect(
      await ask(
        'ready',
        check('import', () => []),
      ),
    ).toEqual({ status: 200, body: { status: 'ready', reasons: [] } });
  });

  it('is not ready while a command is stuck, and says what it waits for', async () => {
    const reason = 'a command on stream order-1 has waited for its append for 10 s';
    const { status: code, body } = await ask('ready', commandHealth({ troubles: () => [reason] }));
    expect({ code, body }).toEqual({ code: 503, body: { status: 'not ready', reasons: [{ check: 'commands', reason }] } });
  });

  it('is not ready while a check has a reason, and lists all reasons', async () => {
    const checks = [check('import', () => ['half done']), check('projections', async () => ['a is stopped', 'b is retrying'])];
    expect(await ask('ready', ...checks)).toEqual({
      status: 503,
      body: {
        status: 'not ready',
        reasons: [
          { check: 'import', reason: 'half done' },
          { check: 'projections', reason: 'a is stopped' },
          { check: 'projections', reason: 'b is retrying' },
        ],
      },
    });
  });

  it('counts a failing check as a reason', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const failing = check('store', () => Promise.reject(new Error('10.0.0.7 cannot be reached')));
    const reason = 'an unexpected error; the log has the details';
    expect(await ask('ready', failing)).toMatchObject({ status: 503, body: { reasons: [{ check: 'store', reason }] } });
    await fetch(address('ready'));
    expect(warn.mock.calls.map(([line]) => String(line))).toEqual(['The check of store failed: 10.0.0.7 cannot be reached']);
  });

  it('tells clients codes and names, but no addresses, paths or texts of a driver', async () => {
    const away = 'READ_STORE_UNAVAILABLE: Read store sql cannot be reached: connect ECONNREFUSED 10.0.0.7:5432';
    const broken = 'PROJECTION_FAILED: it cannot be folded: relation "x" does not exist at 10.0.0.7';
    const partitions = [{ partition: 0, state: 'retrying', reason: away }] as const;
    const statuses = [
      status({ state: 'retrying', reason: away, isHealthy: false, partitions }),
      status({ state: 'stopped', reason: broken, isHealthy: false, store: 'cache' }),
      status({ projection: 'fresh', state: 'stopped', reason: 'TypeError: /srv/shop is no folder', isHealthy: false }),
      status({ projection: 'products', isHealthy: false, reason: 'PROJECTION_STALLED: no progress for 9 s although there are events to apply' }),
    ];
    const troubles = ['a subscription is being restored: EVENT_STORE_UNAVAILABLE: connect ECONNREFUSED 10.0.0.7:2113'];
    const projections = projectorHealth({ status: () => statuses, troubles: () => troubles });
    const files = new MainstemError('EVENT_STORE_IO_FAILED', 'The device of /srv/shop/events.db failed.');
    const store = eventStoreHealth({ head: () => Promise.reject(files) });
    const told = await ask(
      'ready',
      projections,
      store,
      check('own', () => ['it waits: READ_STORE_BUSY: /srv/shop/sql.db is locked']),
    );
    expect((told.body as Readiness).reasons.map(({ reason }) => reason)).toEqual([
      'orders (sql) is retrying: READ_STORE_UNAVAILABLE (read store sql)',
      'orders (cache) is stopped: PROJECTION_FAILED',
      'fresh is stopped: an unexpected error; the log has the details',
      'products is not healthy: PROJECTION_STALLED: no progress for 9 s although there are events to apply',
      'a subscription is being restored: EVENT_STORE_UNAVAILABLE',
      'EVENT_STORE_IO_FAILED',
      'it waits: READ_STORE_BUSY',
    ]);
    const progress = await (await fetch(address('progress'))).text();
    expect(JSON.stringify(told.body) + progress).not.toMatch(/10\.0\.0\.7|\/srv\/shop|relation/);
  });

  it('counts a check that never answers as a reason, before the client stops waiting', async () => {
    const timeLimit = new AbortController();
    const limited = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeLimit.signal);
    // Once the check is asked, its time passes at once.
    const hanging = check('store', () => (setImmediate(() => timeLimit.abort()), new Promise(() => undefined)));
    const told = await ask('ready', hanging);
    expect(told).toMatchObject({ status: 503, body: { reasons: [{ check: 'store', reason: expect.stringContaining('3000') }] } });
    expect(limited).toHaveBeenCalledWith(3_000);
  });

  it('is not ready while the application shuts down', async () => {
    let told: unknown;
    @Module({})
    class Asking implements BeforeApplicationShutdown {
      async beforeApplicationShutdown(): Promise<void> {
        const { port } = (app as INestApplication).getHttpServer().address() as AddressInfo;
        told = await (await fetch(`http://127.0.0.1:${port}/health/ready`)).json();
      }
    }
    app = await NestFactory.create(HealthModule.forRootAsync({ imports: [Asking], useFactory: () => [] }), { logger: false });
    await app.listen(0);
    await app.close();
    expect(told).toEqual({ status: 'not ready', reasons: [{ check: 'application', reason: 'it is shutting down' }] });
  });

  it('is alive whatever the checks say', async () => {
    expect(
      await ask(
        'live',
        check('import', () => ['failed']),
      ),
    ).toMatchObject({ status: 200 });
  });

  it('shows the progress of each part', async () => {
    expect(
      await ask(
        'progress',
        check('import', () => []),
      ),
    ).toEqual({ status: 200, body: { import: { part: 'import' } } });
  });

  it.each([
    ['live', {}, []],
    ['catching up', { state: 'catching-up' }, ['orders is catching-up']],
    [
      'rebuilding',
      { state: 'rebuilding', rebuild: { generation: 2, state: 'rebuilding', phase: 'fill', percent: 43, etaMs: 11_400 } },
      ['orders is rebuilding: fill, 43 %, 12 s left'],
    ],
    [
      'stuck in a rebuild',
      { state: 'rebuilding', isHealthy: false, reason: 'PROJECTION_STALLED: x' },
      ['orders is rebuilding: PROJECTION_STALLED: x'],
    ],
    ['stopped', { state: 'stopped', reason: 'X_Y: broken', isHealthy: false }, ['orders is stopped: X_Y']],
    ['replaced by that of a newer program, which runs', { state: 'stopped', reason: 'PROJECTION_CHANGED: x', isHealthy: true }, []],
    ['standing by', { state: 'standby', owner: 'other:1:abc' }, []],
    [
      'standing by while the other one does not get on',
      { state: 'standby', isHealthy: false, reason: 'PROJECTION_STALLED: no progress' },
      ['orders is not healthy: PROJECTION_STALLED: no progress'],
    ],
    ['live without progress', { isHealthy: false, reason: 'PROJECTION_STALLED: x' }, ['orders is not healthy: PROJECTION_STALLED: x']],
  ] as const)('judges a projection that is %s', (_, change, reasons) => {
    expect(projectorHealth({ status: () => [status(change)], troubles: () => [] }).reasons()).toEqual(reasons);
  });

  it('shows each part of a partitioned projection, what works beside one counts, and neither for others', () => {
    const partitions = [
      { partition: 0, state: 'live', owner: 'a', position: 9n as Position, lagEvents: 0n, lagMs: 0 },
      { partition: 1, state: 'retrying', reason: 'X_Y: z' },
    ] as const;
    const progress = (change: Partial<ProjectionStatus>): unknown =>
      projectorHealth({ status: () => [status(change)], troubles: () => [] }).progress?.();
    expect(progress({ partitions })).toMatchObject([
      {
        partitions: [
          { partition: 0, state: 'live', owner: 'a', reason: null, position: '9', lagEvents: '0', lagMs: 0 },
          { partition: 1, state: 'retrying', owner: null, reason: 'X_Y', position: null, lagEvents: null, lagMs: null },
        ],
      },
    ]);
    expect(progress({ figures: { stuck: 3 } })).toMatchObject([{ figures: { stuck: 3 } }]);
    expect(progress({})).toMatchObject([{ partitions: null, figures: null }]);
  });

  it('sends positions as decimal strings', () => {
    const position = (2n ** 60n) as NonNullable<ProjectionStatus['position']>;
    expect(projectorHealth({ status: () => [status({ position, lagEvents: 3n })], troubles: () => [] }).progress?.()).toMatchObject([
      { position: '1152921504606846976', lagEvents: '3', head: null },
    ]);
  });
});

describe('the health of an event store', () => {
  it('has no reason against one that answers', async () => {
    expect(await eventStoreHealth(new InMemoryEventStore()).reasons()).toEqual([]);
  });

  it('gives the reason why one does not answer', async () => {
    const store = new InMemoryEventStore();
    await store.close();
    expect(await eventStoreHealth(store).reasons()).toEqual(['EVENT_STORE_CLOSED']);
  });
});
