// One projector instance with leases: `<store> <folder> <scope> <name> <lease in ms>`. It reports its states and every
// commit, freezes or holds before one on request, and stops on SIGTERM. LEASES=forced: it believes that it holds every
// lease. PARTITIONS: the number of parts; it fills projections anew when that changes.
import { EmbeddedEventStore } from '@mainstem/embedded';
import { isMainstemError } from '@mainstem/event-store';
import { partitioned, Projector, type HostedProjection, type ReadStore } from '@mainstem/projection';
import type { CommitBatch, LeaseClaim, ReadStoreSession } from '@mainstem/projection/adapter';
import { storeNamed } from '../stores/store-under-test.js';
import { toldProjectionsOn } from '../stores/told-projections.js';
import { withMethods } from '../support/with-methods.js';

/** `off` cancels what has not happened yet, and lets a held commit go on. */
export interface LeaseOrder {
  readonly do: 'freeze' | 'hold' | 'off';
  readonly projection: string;
}

const STATUS_MS = 50;
const [name = '', dir = '', scope = '', owner = '', leaseMs = '1000'] = process.argv.slice(2);

const tell = (message: object): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });

/** What the next commit of this projection does first. */
let next: LeaseOrder | undefined;
let released = Promise.withResolvers<void>();

const watchedSession = (session: ReadStoreSession, projection: string): ReadStoreSession => {
  const { epoch } = session.checkpoint;
  const commit = async (batch: CommitBatch): Promise<void> => {
    try {
      await session.commit(batch);
      await tell({ kind: 'commit', projection, epoch, outcome: 'ok' });
    } catch (error) {
      await tell({ kind: 'commit', projection, epoch, outcome: isMainstemError(error) ? error.code : String(error) });
      throw error;
    }
  };
  return withMethods(session, { commit });
};

const watchedStore = (store: ReadStore): ReadStore =>
  withMethods(store, {
    open: async (projection, generation, partition) => {
      const session = await store.open(projection, generation, partition);
      await tell({ kind: 'opened', projection: projection.name, epoch: session.checkpoint.epoch });
      return watchedSession(session, projection.name);
    },
    ...(process.env['LEASES'] === 'forced' && {
      claimLease: async (claim: LeaseClaim) => ({ isHeld: true, owner: claim.owner, remainingMs: claim.durationMs }),
    }),
  });

const inParts = (hosted: readonly HostedProjection[], parts: number): readonly HostedProjection[] =>
  hosted.map((one) => {
    const { projection } = one;
    if (parts === 1 || projection.kind !== 'document' || projection.rollUps.length > 0) return one;
    return { ...one, projection: partitioned(projection, parts), rebuild: 'auto' };
  });

const reader = await EmbeddedEventStore.open({ dir, isReadOnly: true });
const store = await (await storeNamed(name)).open({ dir, scope });
const projector = new Projector({
  reader,
  projections: inParts(toldProjectionsOn(watchedStore(store)), Number(process.env['PARTITIONS'] ?? 1)),
  lease: { owner, durationMs: Number(leaseMs) },
  crash: {
    reach: async (point, projection) => {
      if (point !== 'before-commit' || next?.projection !== projection) return;
      const order = next;
      next = undefined;
      await tell({ kind: order.do, projection });
      if (order.do === 'freeze') process.kill(process.pid, 'SIGSTOP');
      else await released.promise;
    },
  },
});

process.on('message', (order: LeaseOrder) => {
  released.resolve();
  released = Promise.withResolvers<void>();
  next = order.do === 'off' ? undefined : order;
  void tell({ kind: 'armed' });
});

projector.start();
const telling = setInterval(
  () =>
    void tell({
      kind: 'status',
      states: Object.fromEntries(projector.status().map(({ projection, state }) => [projection, state])),
      parts: Object.fromEntries(projector.status().map(({ projection, partitions = [] }) => [projection, partitions.map(({ state }) => state)])),
    }),
  STATUS_MS,
);
process.once('SIGTERM', () => {
  void (async () => {
    await projector.stop();
    clearInterval(telling);
    await store.close();
    await reader.close();
    process.disconnect();
  })();
});
// Its parent may have gone before it was stopped.
process.once('disconnect', () => process.exit());
await tell({ kind: 'running' });
