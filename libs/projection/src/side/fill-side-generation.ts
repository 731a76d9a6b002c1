// The state of a read model at a position or a time: a side generation, filled up to there and never promoted.
import { instantOf, isPositionBefore, position as toPosition, type EventReader, type Position, type Runtime } from '@mainstem/event-store';
import type { HostedProjection } from '../definition/hosted-projection.js';
import { assertOfEventStore, generationOf } from '../generations/generations-of.js';
import { assertSameLogOf, isOfLostEvents } from '../generations/same-log.js';
import { UntilAhead, UntilTooEarly } from './errors.js';
import { partitionsOf } from '../read-store/partition.js';
import type { Generation } from '../read-store/checkpoint.js';
import { GenerationFill } from './generation-fill.js';

export interface SideGenerationOptions {
  readonly reader: EventReader;
  readonly hosted: HostedProjection;
  /** Everything up to and including it; see `positionAt` for a time. */
  readonly until: Position;
  readonly runtime?: Runtime;
  readonly signal?: AbortSignal;
  readonly onProgress?: (position: Position) => void;
}

/**
 * Fills a generation in state `side` up to exactly this position and returns it. If there is one of the same
 * definition, position and events, it returns that at once. It is read by its number (`ReadStore.scan`, in SQL the
 * table `<name>__g<number>`) until it is dropped. If the fill fails, it is dropped. Errors: PROJECTION_UNTIL_AHEAD,
 * PROJECTION_FAILED, PROJECTION_FOREIGN_EVENT_STORE, EVENT_STORE_ABORTED, those of the stores.
 */
export const fillSideGeneration = async (options: SideGenerationOptions): Promise<Generation> => {
  const { reader, hosted, until, signal } = options;
  const { projection, store } = hosted;
  const head = await reader.head(signal);
  if (isPositionBefore(head, until)) throw new UntilAhead(until, head);
  const generations = await store.generations(projection.name);
  assertOfEventStore(projection.name, generations, reader.incarnation);
  const there = await findFilled(options, generations);
  return there ?? (await fillNew(options));
};

/** One with lost events stays: it may be the last copy of them. */
const findFilled = async (
  { reader, hosted, until, signal }: SideGenerationOptions,
  generations: readonly Generation[],
): Promise<Generation | undefined> => {
  for (const generation of generations) {
    const { state, fingerprint, checkpoint, isBulk, damage } = generation;
    if (state !== 'side' || isBulk || damage !== undefined) continue;
    if (fingerprint !== hosted.projection.fingerprint || checkpoint.position !== until) continue;
    try {
      await assertSameLogOf(hosted, generation, reader, signal);
      return generation;
    } catch (error) {
      if (!isOfLostEvents(error)) throw error;
    }
  }
  return undefined;
};

const fillNew = async ({ reader, hosted, until, runtime, signal, onProgress }: SideGenerationOptions): Promise<Generation> => {
  const { projection, store } = hosted;
  const { number } = await store.createGeneration(projection, reader.incarnation, { isBulk: true, isSide: true });
  try {
    const parts = partitionsOf(projection);
    for (const partition of parts) {
      const fill = await GenerationFill.open({ reader, hosted, generation: number, partition, runtime, signal, onProgress });
      try {
        await fill.to(until);
        if (partition === parts.at(-1)) await fill.finishBulk();
      } finally {
        await fill.close();
      }
    }
  } catch (error) {
    await store.dropGeneration(projection.name, number);
    throw error;
  }
  const filled = generationOf(await store.generations(projection.name), number);
  if (!filled) throw new TypeError(`read store ${store.name} does not list the generation it has just filled`);
  return filled;
};

/**
 * The last position whose event was recorded not after a time (the store's clock, not the domain's: what was known
 * then). It reads backwards from the head, so it costs the events since then. Errors: PROJECTION_UNTIL_TOO_EARLY if
 * there is none, those of the event store.
 */
export const positionAt = async (reader: EventReader, time: Date, signal?: AbortSignal): Promise<Position> => {
  const limit = time.toISOString();
  let first: string | undefined;
  for await (const events of reader.readAll({ direction: 'backwards', ...(signal && { signal }) })) {
    const found = events.find(({ recordedAt }) => recordedAt <= limit);
    if (found) return found.position;
    first = events.at(-1)?.recordedAt ?? first;
  }
  throw new UntilTooEarly(limit, first);
};

/**
 * The argument of `--until`: a position in decimal digits, or a time in ISO 8601 with `Z` or an offset. Errors:
 * EVENT_STORE_INVALID_INPUT, those of `positionAt`; RangeError for neither.
 */
export const placeOf = async (reader: EventReader, text: string, signal?: AbortSignal): Promise<Position> => {
  if (/^[0-9]+$/.test(text)) return toPosition(text);
  const time = instantOf(text);
  if (time === undefined) throw new RangeError(`${text} is neither a position nor a time with Z or an offset`);
  return positionAt(reader, time, signal);
};
