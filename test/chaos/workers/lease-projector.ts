// One instance of a projector with leases: `<folder> <name> <lease in ms>`. It tells its states and every commit, freezes or holds before one when
// it is told to, and stops on SIGTERM. Environment: TALLIES_POSTGRES (a URL), LEASES=forced (believes that it holds every lease).
import 'reflect-metadata';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { isMainstemError } from '@mainstem/event-store';
import { Projector, type CommitBatch, type LeaseClaim, type ReadStore, type ReadStoreSession } from '@mainstem/projection';
import { openTallies } from './tallies.js';

const [dir = '', owner = '', leaseMs = '1000'] = process.argv.slice(2);

const tell = (message: object): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });

/** What the next commit of this projection does first. */
let next: { readonly what: 'freeze' | 'hold'; readonly projection: string } | undefined;
let released = Promise.withResolvers<void>();

/** The same object, with some methods replaced; the others run on the original, which has private parts. */
const withMethods = <Target extends object>(target: Target, methods: Partial<Target>): Target =>
  new Proxy(target, {
    get: (_, name) => {
      if (name in methods) return methods[name as keyof Target];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

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
    open: async (projection, generation) => {
      const session = await store.open(projection, generation);
      await tell({ kind: 'opened', projection: projection.name, epoch: session.checkpoint.epoch });
      return watchedSession(session, projection.name);
    },
    ...(process.env['LEASES'] === 'forced' && {
      claimLease: async (claim: LeaseClaim) => ({ isHeld: true, owner: claim.owner, remainingMs: claim.durationMs }),
    }),
  });

const reader = await EmbeddedEventStore.open({ dir, isReadOnly: true });
const { projections, close } = await openTallies(dir, process.env['TALLIES_POSTGRES']);
const projector = new Projector({
  reader,
  projections: projections.map((hosted) => ({ ...hosted, store: watchedStore(hosted.store) })),
  lease: { owner, durationMs: Number(leaseMs) },
  onChange: ({ projection, state }) => void tell({ kind: 'state', projection, state }),
  crash: {
    reach: async (point, projection) => {
      if (point !== 'before-commit' || next?.projection !== projection) return;
      const { what } = next;
      next = undefined;
      await tell({ kind: what, projection });
      if (what === 'freeze') process.kill(process.pid, 'SIGSTOP');
      else await released.promise;
    },
  },
});
projector.start();
const alive = setInterval(
  () => void tell({ kind: 'status', states: projector.status().map(({ state, position }) => `${state} ${position ?? 0n}`) }),
  50,
);

process.on('message', (message: { readonly do: 'freeze' | 'hold' | 'release'; readonly projection: string }) => {
  if (message.do !== 'release') {
    released = Promise.withResolvers<void>();
    next = { what: message.do, projection: message.projection };
    void tell({ kind: 'armed' });
  } else released.resolve();
});

process.once('SIGTERM', () => {
  void (async () => {
    await projector.stop();
    clearInterval(alive);
    await close();
    await reader.close();
    process.disconnect();
  })();
});
await tell({ kind: 'running' });
