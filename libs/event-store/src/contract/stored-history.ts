// Reads stored events for a comparison with the declared ones: a bounded sample, or all.
import type { RecordedEvent } from '../event.js';
import type { EventReader, ReadAllOptions } from '../event-store.js';
import { position, streamPrefixOf, type Position } from '../identifiers.js';
import type { StoredPayloads } from './stored-payloads.js';

/** Of each event type: the oldest and the newest ones, so many of each. */
export const SAMPLE_OF_TYPE = 100;
/** Places spread evenly over the log, and events from each of them. */
const SAMPLE_PLACES = 64n;
const SAMPLE_AT_PLACE = 100;

export interface StoredHistoryOptions {
  readonly reader: Pick<EventReader, 'readAll' | 'head' | 'hasDensePositions'>;
  readonly stored: StoredPayloads;
  /** `category/Type` of the events to look for. */
  readonly names: readonly string[];
  /** Every event up to the head at the beginning, in place of a sample. */
  readonly isWhole: boolean;
  readonly signal: AbortSignal;
  /** Called once a batch. */
  readonly onProgress?: (events: number) => void;
}

export interface StoredHistory {
  readonly isWhole: boolean;
  readonly events: number;
  /** Names of which the store holds no event at all. */
  readonly absent: readonly string[];
}

/**
 * Reads forwards once where all events are wanted. A sample holds the oldest and newest 100 events of each name, and
 * 100 events each at up to 64 places of the log, of any type. Where positions are not dense, these places are its
 * beginning and end. Events that are appended meanwhile are left out. Memory: the positions of a sample. Errors: those
 * of the reader, EVENT_STORE_ABORTED among them.
 */
export const readStoredHistory = async (options: StoredHistoryOptions): Promise<StoredHistory> => {
  const { reader, stored, names, isWhole, signal, onProgress } = options;
  const head = await reader.head(signal);
  let events = 0;
  const seen = isWhole ? undefined : new Set<bigint>();
  const take = async ({ limit = Infinity, ...read }: ReadAllOptions): Promise<number> => {
    const isBackwards = read.direction === 'backwards';
    let found = 0;
    for await (const batch of reader.readAll({ ...read, ...boundOf(limit, isBackwards), signal })) {
      for (const event of batch) {
        // It came after the head was read. Backwards, the events to read follow it.
        if (head !== undefined && event.position > head) {
          if (isBackwards) continue;
          return found;
        }
        found++;
        if (!isRepeated(seen, event)) {
          events++;
          stored.add(event);
        }
        if (found === limit) break;
      }
      onProgress?.(events);
      if (found === limit) break;
    }
    return found;
  };
  if (head === undefined) return { isWhole, events, absent: names };
  if (isWhole) {
    await take({});
    return { isWhole, events, absent: names.filter((name) => !stored.names.has(name)) };
  }
  const absent: string[] = [];
  for (const name of names) {
    const read = { filter: filterOf(name), limit: SAMPLE_OF_TYPE };
    if ((await take(read)) === 0) absent.push(name);
    else await take({ ...read, direction: 'backwards' });
  }
  for (const place of placesOf(head, reader.hasDensePositions)) await take(place);
  return { isWhole, events, absent };
};

/** Backwards the reader does not count the limit: events that came after the head would use it up. */
const boundOf = (limit: number, isBackwards: boolean): ReadAllOptions => {
  if (limit === Infinity) return {};
  return isBackwards ? { batchSizeMax: limit } : { limit };
};

const isRepeated = (seen: Set<bigint> | undefined, { position: at }: RecordedEvent): boolean => {
  if (seen === undefined) return false;
  if (seen.has(at)) return true;
  seen.add(at);
  return false;
};

const filterOf = (name: string): NonNullable<ReadAllOptions['filter']> => {
  const slash = name.indexOf('/');
  return { types: [name.slice(slash + 1)], streamPrefixes: [streamPrefixOf(name.slice(0, slash))] };
};

const placesOf = (head: Position, isDense: boolean): readonly ReadAllOptions[] => {
  const limit = SAMPLE_AT_PLACE;
  if (!isDense || head <= SAMPLE_PLACES * BigInt(limit)) {
    const all = Number(SAMPLE_PLACES) * limit;
    return isDense ? [{ limit: all }] : [{ limit: all / 2 }, { limit: all / 2, direction: 'backwards' }];
  }
  const starts = Array.from({ length: Number(SAMPLE_PLACES) }, (_, index) => (head * BigInt(index)) / SAMPLE_PLACES);
  return starts.map((start) => ({ limit, ...(start > 0n && { after: position(start) }) }));
};
