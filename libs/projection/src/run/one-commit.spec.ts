import { InMemoryEventStore } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { ReadStoreUnavailable } from '../read-store/errors.js';
import { Projector } from './projector.js';
import { append, dump, HookedReadStore, tallyProjection } from '../tally.fixtures.js';

const EVENTS = 40;
const COMMITS = 8;
const TIMEOUT = { timeoutMs: 4_000 };
const RECOVERY = { retryDelayMs: 1, retryDelayMaxMs: 1 };

type Fault = 'fails' | 'loses its answer';

/** Projects everything while one commit has a fault. */
const projected = async (fault?: { readonly kind: Fault; readonly commit: number }): Promise<object> => {
  const reader = new InMemoryEventStore();
  for (let index = 0; index < EVENTS; index++) await append(reader, 'abc'.charAt(index % 3), index);
  const store = new HookedReadStore();
  store.onCommit = async (_, commit) => {
    const isFaulty = store.commits === fault?.commit;
    if (!isFaulty || fault.kind === 'loses its answer') await commit();
    if (isFaulty) throw new ReadStoreUnavailable('memory', 'gone for a moment');
  };
  const projector = new Projector({ reader, projections: [{ projection: tallyProjection(), store, recovery: RECOVERY }], batchSizeMax: 7 });
  projector.start();
  try {
    const head = await reader.head();
    if (head !== undefined) await projector.waitFor('tally', head, TIMEOUT);
    return dump(store);
  } finally {
    await projector.stop();
  }
};

describe('a batch is one commit: each event takes effect once', () => {
  const commits = Array.from({ length: COMMITS }, (_, index) => index + 1);

  it.each((['fails', 'loses its answer'] as const).flatMap((kind) => commits.map((commit) => ({ kind, commit }))))(
    'when commit $commit $kind',
    async (fault) => {
      expect(await projected(fault)).toEqual(await projected());
    },
  );
});
