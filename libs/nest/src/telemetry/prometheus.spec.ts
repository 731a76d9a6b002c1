// What Prometheus reads: names, bounded labels, and the present state of projections.
import type { StreamName } from '@mainstem/event-store';
import type { ProjectionStatus } from '@mainstem/projection';
import { describe, expect, it } from 'vitest';
import { prometheusTelemetry } from './prometheus.js';

const status = (change: Partial<ProjectionStatus>): ProjectionStatus => ({
  projection: 'orders',
  store: 'sql',
  generation: 2,
  state: 'live',
  parkedKeys: 0,
  parkedEvents: 0,
  eventsApplied: 0,
  eventsPerSecond: 0,
  isHealthy: true,
  ...change,
});
const at = (position: bigint): NonNullable<ProjectionStatus['position']> => position as NonNullable<ProjectionStatus['position']>;
const LABELS = '{projection="orders",store="sql"}';

describe('metrics', () => {
  it('show the present state of each projection, without unknown figures', async () => {
    const telemetry = prometheusTelemetry();
    let now = status({
      state: 'retrying',
      isHealthy: false,
      position: at(40n),
      lagEvents: 60n,
      lagMs: 2_500,
      parkedKeys: 2,
      parkedEvents: 7,
      eventsApplied: 40,
      rebuild: { generation: 3, state: 'rebuilding', percent: 25, etaMs: 12_000 },
      figures: { stuck: 3, overdue: 0 },
    });
    telemetry.follow?.({ status: () => [now], troubles: () => ['the watch is silent'] });
    const lines = async (): Promise<readonly string[]> => (await telemetry.exposition?.())?.body.split('\n') ?? [];
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `mainstem_projection_lag_events${LABELS} 60`,
        `mainstem_projection_lag_seconds${LABELS} 2.5`,
        `mainstem_projection_position${LABELS} 40`,
        `mainstem_projection_generation${LABELS} 2`,
        `mainstem_projection_healthy${LABELS} 0`,
        `mainstem_projection_parked_keys${LABELS} 2`,
        `mainstem_projection_parked_events${LABELS} 7`,
        `mainstem_projection_events_applied_total${LABELS} 40`,
        `mainstem_projection_rebuild_ratio${LABELS} 0.25`,
        `mainstem_projection_rebuild_remaining_seconds${LABELS} 12`,
        'mainstem_projection_state{projection="orders",store="sql",state="retrying"} 1',
        'mainstem_projection_state{projection="orders",store="sql",state="live"} 0',
        'mainstem_projection_figure{projection="orders",store="sql",figure="stuck"} 3',
        'mainstem_projection_figure{projection="orders",store="sql",figure="overdue"} 0',
        'mainstem_silent_loops 1',
      ]),
    );
    now = status({ eventsApplied: 100 });
    const later = await lines();
    expect(later).toContain(`mainstem_projection_events_applied_total${LABELS} 100`);
    expect(later).toContain('mainstem_projection_state{projection="orders",store="sql",state="live"} 1');
    expect(later.filter((line) => /^mainstem_projection_(?:rebuild|lag|position|figure)/.test(line))).toEqual([]);
    await telemetry.close();
  });

  it('show failures, retries and sizes of batches', async () => {
    const telemetry = prometheusTelemetry();
    const batch = { projection: 'orders', store: 'sql', events: [{}, {}, {}, {}] as never };
    telemetry.projections?.writing(batch)({ eventsApplied: 4, isCommitted: true });
    telemetry.projections?.writing(batch)({ eventsApplied: 0, isCommitted: false, error: new Error('away') });
    telemetry.projections?.retrying('orders', 'sql');
    const body = (await telemetry.exposition?.())?.body ?? '';
    expect(body).toContain(`mainstem_projection_batch_events_sum${LABELS} 4`);
    expect(body).toContain('mainstem_projection_batch_events_bucket{le="10",projection="orders",store="sql"} 1');
    expect(body).toContain(`mainstem_projection_write_duration_seconds_count${LABELS} 1`);
    expect(body).toContain(`mainstem_projection_write_failures_total${LABELS} 1`);
    expect(body).toContain(`mainstem_projection_retries_total${LABELS} 1`);
    await telemetry.close();
  });

  it('have few series, whatever the names of commands', async () => {
    const telemetry = prometheusTelemetry();
    for (let index = 0; index < 1_000; index++) {
      const observed = telemetry.commands?.executing({ command: `Command${index}`, category: 'order', id: '1', commandId: '1' });
      observed?.ended({ outcome: 'effect', events: 1 });
    }
    const body = (await telemetry.exposition?.())?.body ?? '';
    expect(body.match(/^mainstem_command_duration_seconds_count/gm)).toHaveLength(201);
    expect(body).toContain('mainstem_command_duration_seconds_count{command="other",outcome="effect"} 800');
    expect(body).toContain('mainstem_events_appended_total 1000');
    await telemetry.close();
  });

  it('count snapshots by category and outcome', async () => {
    const telemetry = prometheusTelemetry();
    for (const outcome of ['taken', 'used', 'used'] as const)
      telemetry.onSnapshot?.({ category: 'order', outcome, stream: 'order-1' as StreamName, isFirst: false });
    const { body = '' } = (await telemetry.exposition?.()) ?? {};
    expect(body).toContain('mainstem_snapshots_total{category="order",outcome="taken"} 1');
    expect(body).toContain('mainstem_snapshots_total{category="order",outcome="used"} 2');
    await telemetry.close();
  });
});
