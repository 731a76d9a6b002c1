// Batches with more documents than one commit takes.
import { InMemoryEventStore, type Position, type RecordedEvent } from '@mainstem/event-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReadStoreUnavailable } from '../read-store/errors.js';
import { DocumentWriter } from './document-writer.js';
import { openGeneration, type OpenGeneration } from '../generations/open-generation.js';
import { append, dump, HookedReadStore, tallyProjection } from '../tally.fixtures.js';

const STREAMS = 25;
const DOCUMENTS_MAX = 10;
const OPTIONS = { condemned: [], nowMs: 0, isCheckpointDue: false };

describe('DocumentWriter', () => {
  let events: readonly RecordedEvent[];
  let reader: InMemoryEventStore;
  let store: HookedReadStore;
  let open: OpenGeneration;
  /** The number of documents of each commit. */
  let commits: number[];

  const projection = tallyProjection();
  const opened = (of: HookedReadStore): Promise<OpenGeneration> => openGeneration({ projection, store: of }, { reader, cacheBytesMax: 1_000_000 });
  const write = (documentsMax: number) => new DocumentWriter(projection, { documentsMax }).write(open, { events, position: head() }, OPTIONS);
  const head = (): Position | undefined => events.at(-1)?.position;

  beforeEach(async () => {
    reader = new InMemoryEventStore();
    // Two rounds: the second one has documents of every earlier commit again.
    for (let index = 0; index < 2 * STREAMS; index++) await append(reader, `s${index % STREAMS}`, index + 1);
    const all: RecordedEvent[] = [];
    for await (const batch of reader.readAll()) all.push(...batch);
    events = all;
    commits = [];
    store = new HookedReadStore();
    store.onCommit = async ({ changes }, commit) => {
      commits.push(changes.find(({ collection }) => collection === 'tally')?.upserts.size ?? 0);
      await commit();
    };
    open = await opened(store);
  });

  afterEach(() => open.session.close());

  it('writes a batch of many documents in several commits, to the same end as in one', async () => {
    expect(await write(DOCUMENTS_MAX)).toEqual({ eventsApplied: 2 * STREAMS, isCommitted: true });
    expect(commits).toEqual([10, 10, 10, 10, 10]);
    expect(open.position).toBe(head());
    const inParts = { dump: dump(store), digest: open.digest };

    await open.session.close();
    store = new HookedReadStore();
    open = await opened(store);
    expect(await write(Infinity)).toEqual({ eventsApplied: 2 * STREAMS, isCommitted: true });
    expect(store.commits).toBe(1);
    expect({ dump: dump(store), digest: open.digest }).toEqual(inParts);
  });

  it('keeps the earlier commits when a later one fails, and reports their position', async () => {
    const { onCommit } = store;
    store.onCommit = (batch, commit) =>
      commits.length === 2 ? Promise.reject(new ReadStoreUnavailable('memory', 'gone for a moment')) : onCommit(batch, commit);
    await expect(write(DOCUMENTS_MAX)).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    expect(open.position).toBe(events[2 * DOCUMENTS_MAX - 1]?.position);
    expect(open.committed).toBe(open.position);
  });

  it('stops at an event that cannot be folded in a later part', async () => {
    const poison = events[DOCUMENTS_MAX + 3];
    const failing = tallyProjection({
      onFold: ({ position }) => {
        if (position === poison?.position) throw new Error('cannot be folded');
      },
    });
    const written = await new DocumentWriter(failing, { documentsMax: DOCUMENTS_MAX }).write(open, { events, position: head() }, OPTIONS);
    expect(written).toMatchObject({ eventsApplied: DOCUMENTS_MAX + 3, poison: { event: { position: poison?.position } } });
    expect(commits).toEqual([10, 3]);
    expect(open.position).toBe(events[DOCUMENTS_MAX + 2]?.position);
  });
});
