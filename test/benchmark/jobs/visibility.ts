// From the acknowledgement of a command until queries see its effect, in the whole application under a steady load.
import { allInOneSettings } from '#apps/all-in-one/src/all-in-one-settings.js';
import { createAllInOne } from '#apps/all-in-one/src/all-in-one.application.js';
import { order } from '#src/ledger/order/order.aggregate.js';
import { CommandExecutor } from '@mainstem/aggregate';
import { readSettings } from '@mainstem/event-store/settings';
import { Projector } from '@mainstem/projection';
import { setTimeout as pause } from 'node:timers/promises';
import { commandAt } from '../command-plan.js';
import { measured, type Job, type JobContext, type Sample } from '../job.js';
import { inSchema, schemaUrl } from '../postgres-schema.js';
import { commandOf } from './write.js';

interface Load {
  readonly perSecond: number;
  /** Settings of the application. */
  readonly env?: Readonly<Record<string, string>>;
}

const WARM_UP_SECONDS = 3;
const SECONDS = 20;
const TICK_MS = 4;
const TIMEOUT_MS = 30_000;

/** One projection of each store; all others run, too. */
const WATCHED = ['sales-documents', 'document-totals', 'product-texts'] as const;

const percentile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const visibilityAt = async ({ dir }: JobContext, { perSecond, env = {} }: Load): Promise<Sample> => {
  const app = await createAllInOne(readSettings(allInOneSettings(), ['--dir', dir, '--port', '0', '--no-data'], env));
  try {
    await app.init();
    const executor = app.get(CommandExecutor);
    const projector = app.get(Projector);
    const latencies = new Map<string, number[]>(WATCHED.map((name) => [name, []]));
    const acknowledgements: number[] = [];
    const send = async (index: number, isCounted: boolean): Promise<void> => {
      const plan = commandAt(index);
      const sentAt = performance.now();
      const { position } = await executor.execute(order, plan.orderNo, commandOf(plan));
      const acknowledgedAt = performance.now();
      if (isCounted) acknowledgements.push(acknowledgedAt - sentAt);
      if (position === undefined) throw new Error('the command had no effect');
      await Promise.all(
        WATCHED.map(async (name) => {
          await projector.waitFor(name, position, { timeoutMs: TIMEOUT_MS });
          if (isCounted) latencies.get(name)?.push(performance.now() - acknowledgedAt);
        }),
      );
    };
    const sample = await measured(async () => {
      const start = performance.now();
      const total = perSecond * (WARM_UP_SECONDS + SECONDS);
      const sent: Promise<void>[] = [];
      // What the clock says is due is sent, so that a slow answer does not slow the load down.
      while (sent.length < total) {
        const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1_000));
        while (sent.length < due) sent.push(send(sent.length, sent.length >= perSecond * WARM_UP_SECONDS));
        await pause(TICK_MS);
      }
      await Promise.all(sent);
      return total;
    });
    const all = [...latencies.values()].flat().sort((left, right) => left - right);
    const acknowledged = acknowledgements.sort((left, right) => left - right);
    return {
      ...sample,
      figures: {
        visibleP50Ms: percentile(all, 0.5),
        visibleP99Ms: percentile(all, 0.99),
        acknowledgedP50Ms: percentile(acknowledged, 0.5),
        acknowledgedP99Ms: percentile(acknowledged, 0.99),
      },
    };
  } finally {
    await app.close();
  }
};

export const visibility: Job = (context) => visibilityAt(context, { perSecond: 500 });
export const visibilityAt100: Job = (context) => visibilityAt(context, { perSecond: 100 });

/** Events and SQL read models in one PostgreSQL. */
export const visibilityInPostgres: Job = (context) =>
  inSchema(context.postgresUrl, (events) =>
    inSchema(context.postgresUrl, (models) =>
      visibilityAt(context, {
        perSecond: 100,
        env: { EVENT_STORE: schemaUrl(context.postgresUrl, events), READ_STORE_SQL: schemaUrl(context.postgresUrl, models) },
      }),
    ),
  );
