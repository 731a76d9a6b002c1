// Rebuilds, rolls back or cleans up read models of the shop, as its own process: `<folder> <rebuild|alternate|cleanup>
// <batch size> [<rounds>]`. MAINSTEM_CRASH_AT names a place where it dies.
import 'reflect-metadata';
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { HostedProjection } from '@mainstem/projection';
import { cleanUp, crashAtOf, Rebuilder, rollBack, type RebuiltProjection } from '@mainstem/projection/operate';
import { openShopStores } from './shop-stores.js';

const [dir = '', action = 'rebuild', batchSize = '500', rounds = '1'] = process.argv.slice(2);
/** For `alternate`: one for each store, the smallest with roll-ups if there is one. */
const ALTERNATING = ['sales-documents', 'document-totals', 'product-texts'];

const reader = await EmbeddedEventStore.open({ dir, isReadOnly: true });
const { projections, close } = await openShopStores(dir);
const crash = crashAtOf(process.env);
const shared = { reader, batchSizeMax: Number(batchSize), ...(crash && { crash }) };
const told = (results: readonly RebuiltProjection[]): void => {
  process.send?.({ kind: 'rebuilt', outcomes: results.map(({ outcome, reason }) => reason ?? outcome) });
};

const rebuild = async (hosted: readonly HostedProjection[], followMs: number): Promise<void> => {
  let isFirst = true;
  const onProgress = (): void => {
    if (isFirst) process.send?.({ kind: 'filling' });
    isFirst = false;
  };
  told((await new Rebuilder({ ...shared, projections: hosted, followMs, onProgress }).run()).projections);
};

/** A projector is running: each promotion lasts until it has taken over. */
const alternate = async (hosted: HostedProjection): Promise<void> => {
  for (let round = 0; round < Number(rounds); round++) {
    if (round % 2 === 0) {
      await cleanUpIfMany(hosted);
      await rebuild([hosted], 10_000);
    } else {
      told([await rollBack({ ...shared, hosted, followMs: 10_000 })]);
    }
  }
};

const cleanUpIfMany = async (hosted: HostedProjection): Promise<void> => {
  if ((await hosted.store.generations(hosted.projection.name)).length > 6) await cleanUp({ projections: [hosted] });
};

process.send?.({ kind: 'open' });
if (action === 'rebuild') await rebuild(projections, 0);
else if (action === 'cleanup') process.send?.({ kind: 'cleaned', count: (await cleanUp({ projections, ...(crash && { crash }) })).length });
else await Promise.all(projections.filter(({ projection }) => ALTERNATING.includes(projection.name)).map(alternate));
await close();
await reader.close();
process.disconnect();
