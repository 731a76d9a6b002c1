// Metrics for Prometheus, through prom-client. Loaded only if they are switched on.
import type { CommandEnd, CommandObservation, CommandObserver, SnapshotTold } from '@mainstem/aggregate';
import type { EventReader } from '@mainstem/event-store';
import type { ProjectionStatus, Projector } from '@mainstem/projection';
import type { Phase, ProjectionObserver } from '@mainstem/projection/operate';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { methodOf, routeOf } from './http-route.js';
import type { HttpMiddleware, Telemetry } from './telemetry.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const EVENTS = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000];
const PHASES = Object.keys({
  starting: true,
  'catching-up': true,
  live: true,
  rebuilding: true,
  retrying: true,
  waiting: true,
  standby: true,
  paused: true,
  stopped: true,
} satisfies Record<Phase, true>);
/** Command classes are few; if names are made up, the rest counts together. */
const COMMANDS_MAX = 200;
const OTHER_COMMAND = 'other';

/** A registry of its own, so that two applications in one process do not mix their figures. */
export const prometheusTelemetry = (): Telemetry => {
  const registers = [new Registry()] as const;
  collectDefaultMetrics({ register: registers[0] });
  return {
    commands: commandMetrics(registers),
    onSnapshot: snapshotMetrics(registers),
    projections: batchMetrics(registers),
    onRequest: requestMetrics(registers),
    follow: (projector) => statusMetrics(registers, projector),
    followStore: (store) => storeMetrics(registers, store),
    exposition: async () => ({ contentType: registers[0].contentType, body: await registers[0].metrics() }),
    close: () => {
      registers[0].clear();
      return Promise.resolve();
    },
  };
};

type Registers = readonly [Registry];

const commandMetrics = ([register]: Registers): CommandObserver => {
  const registers = [register];
  const duration = new Histogram({
    name: 'mainstem_command_duration_seconds',
    help: 'From the call of a command to its answer, by class and outcome',
    labelNames: ['command', 'outcome'],
    buckets: SECONDS,
    registers,
  });
  const append = new Histogram({
    name: 'mainstem_append_duration_seconds',
    help: 'From an append to its answer',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers,
  });
  const events = new Counter({ name: 'mainstem_events_appended_total', help: 'Events appended by commands', registers });
  const names = new Set<string>();
  const known = (name: string): string => (names.has(name) || names.size < COMMANDS_MAX ? (names.add(name), name) : OTHER_COMMAND);
  return {
    executing: ({ command }): CommandObservation => {
      const startedMs = performance.now();
      let appendedMs = 0;
      return {
        appending: () => void (appendedMs = performance.now()),
        appended: (error) => append.observe({ outcome: error === undefined ? 'appended' : 'failed' }, secondsSince(appendedMs)),
        ended: (end: CommandEnd) => {
          duration.observe({ command: known(command), outcome: end.outcome }, secondsSince(startedMs));
          if (end.events > 0) events.inc(end.events);
        },
      };
    },
  };
};

const snapshotMetrics = ([register]: Registers): ((told: SnapshotTold) => void) => {
  const snapshots = new Counter({
    name: 'mainstem_snapshots_total',
    help: 'Snapshots of long streams, by what happened to them',
    labelNames: ['category', 'outcome'],
    registers: [register],
  });
  return ({ category, outcome }) => snapshots.inc({ category, outcome });
};

const batchMetrics = ([register]: Registers): ProjectionObserver => {
  const labelNames = ['projection', 'store'] as const;
  const registers = [register];
  const size = new Histogram({
    name: 'mainstem_projection_batch_events',
    help: 'Events read in one batch',
    labelNames,
    buckets: EVENTS,
    registers,
  });
  const duration = new Histogram({
    name: 'mainstem_projection_write_duration_seconds',
    help: 'Loading, folding and committing one batch',
    labelNames,
    buckets: SECONDS,
    registers,
  });
  const failures = new Counter({
    name: 'mainstem_projection_write_failures_total',
    help: 'Batches that could not be written',
    labelNames,
    registers,
  });
  const retries = new Counter({ name: 'mainstem_projection_retries_total', help: 'Waits before another try', labelNames, registers });
  return {
    writing: ({ projection, store, events }) => {
      const startedMs = performance.now();
      return ({ error }) => {
        if (error !== undefined) return failures.inc({ projection, store });
        size.observe({ projection, store }, events.length);
        duration.observe({ projection, store }, secondsSince(startedMs));
      };
    },
    retrying: (projection, store) => retries.inc({ projection, store }),
  };
};

const requestMetrics = ([register]: Registers): HttpMiddleware => {
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Requests by route and status',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: SECONDS,
    registers: [register],
  });
  return (request, response, next) => {
    const startedMs = performance.now();
    response.once('finish', () => {
      const labels = { http_request_method: methodOf(request), http_route: routeOf(request), http_response_status_code: response.statusCode };
      duration.observe(labels, secondsSince(startedMs));
    });
    next();
  };
};

/** All figures of a projector's status, collected when Prometheus asks: between scrapes they cost nothing. */
const statusMetrics = ([register]: Registers, projector: Pick<Projector, 'status' | 'troubles'>): void => {
  const gauge = (name: string, help: string, valueOf: (status: ProjectionStatus) => number | undefined): void => {
    new Gauge({
      name: `mainstem_projection_${name}`,
      help,
      labelNames: ['projection', 'store'],
      registers: [register],
      collect() {
        this.reset();
        for (const status of projector.status()) {
          const value = valueOf(status);
          if (value !== undefined) this.set({ projection: status.projection, store: status.store }, value);
        }
      },
    });
  };
  gauge('lag_events', 'Events between the checkpoint and the end of the event store; absent if positions do not count events', (status) =>
    optionalNumber(status.lagEvents),
  );
  gauge('lag_seconds', 'Time since the projection was last known to be at the end', ({ lagMs }) => (lagMs === undefined ? undefined : lagMs / 1_000));
  gauge('position', 'Everything up to this position was applied', (status) => optionalNumber(status.position));
  gauge('healthy', '1 while it makes progress', ({ isHealthy }) => Number(isHealthy));
  gauge('parked_keys', 'Keys with parked events', ({ parkedKeys }) => parkedKeys);
  gauge('parked_events', 'Parked events', ({ parkedEvents }) => parkedEvents);
  gauge('generation', 'Number of the generation that it writes', ({ generation }) => generation);
  gauge(
    'rebuild_ratio',
    'Part of the event store that the generation being filled has, from 0 to 1; absent while none is being filled',
    ({ rebuild }) => (rebuild?.percent === undefined ? undefined : rebuild.percent / 100),
  );
  gauge('rebuild_remaining_seconds', 'Time until the generation being filled has caught up, at the present rate', ({ rebuild }) =>
    rebuild?.etaMs === undefined ? undefined : rebuild.etaMs / 1_000,
  );
  new Counter({
    name: 'mainstem_projection_events_applied_total',
    help: 'Events applied by this process',
    labelNames: ['projection', 'store'],
    registers: [register],
    collect() {
      this.reset();
      for (const { projection, store, eventsApplied } of projector.status()) this.inc({ projection, store }, eventsApplied);
    },
  });
  new Gauge({
    name: 'mainstem_projection_state',
    help: '1 for the state that it is in',
    labelNames: ['projection', 'store', 'state'],
    registers: [register],
    collect() {
      this.reset();
      for (const { projection, store, state } of projector.status()) {
        for (const phase of PHASES) this.set({ projection, store, state: phase }, Number(state === phase));
      }
    },
  });
  new Gauge({
    name: 'mainstem_projection_figure',
    help: 'What works beside the projection counts: overdue deadlines, stuck instances of a process',
    labelNames: ['projection', 'store', 'figure'],
    registers: [register],
    collect() {
      this.reset();
      for (const { projection, store, figures = {} } of projector.status()) {
        for (const [figure, value] of Object.entries(figures)) this.set({ projection, store, figure }, value);
      }
    },
  });
  new Gauge({
    name: 'mainstem_silent_loops',
    help: 'Background loops of the projector that give no sign of life',
    registers: [register],
    collect() {
      this.set(projector.troubles().length);
    },
  });
};

/** How long an event store may take to tell its figures. */
const STORE_TIMEOUT_MS = 2_000;

/** Absent for a store that counts nothing, or does not answer in time. */
const storeMetrics = ([register]: Registers, store: Pick<EventReader, 'figures'>): void => {
  if (!store.figures) return;
  new Gauge({
    name: 'mainstem_event_store_figure',
    help: 'What the event store counts: appends that wait, the age of a lock',
    labelNames: ['figure'],
    registers: [register],
    async collect() {
      this.reset();
      // Health reports a store that does not answer.
      const figures = await store.figures?.(AbortSignal.timeout(STORE_TIMEOUT_MS)).catch(() => undefined);
      for (const [figure, value] of Object.entries(figures ?? {})) this.set({ figure }, value);
    },
  });
};

const secondsSince = (startedMs: number): number => (performance.now() - startedMs) / 1_000;

const optionalNumber = (value: bigint | undefined): number | undefined => (value === undefined ? undefined : Number(value));
