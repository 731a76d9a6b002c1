// mainstem stream --summary: how long the streams are, the longest first. Long streams make cold commands slow.
import { streamPrefixOf, type StreamName } from '@mainstem/event-store';
import { count, counted } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { table, type Column } from '../format/table.js';
import { using, type CliContext } from './cli-context.js';

const LONGEST_MAX = 20;

interface StreamLength {
  readonly stream: StreamName;
  readonly events: number;
  /** True: the application has an aggregate of its category, which commands have to fold. */
  readonly isFolded: boolean;
}

/** Reads every event without its payload. Memory grows with the number of streams. Errors: those of the event store. */
export const streamSummary = async (
  { application, settings, terminal, signal }: CliContext,
  options: { readonly json?: boolean },
): Promise<number> => {
  const lengths = new Map<StreamName, number>();
  let events = 0;
  await using(application.openEvents(settings), async (reader) => {
    for await (const batch of reader.readAll({ needsPayload: false, batchSizeMax: 10_000, signal })) {
      for (const { stream } of batch) lengths.set(stream, (lengths.get(stream) ?? 0) + 1);
      events += batch.length;
    }
  });
  const prefixes = application.aggregates.map(({ category }) => streamPrefixOf(category));
  const longest = [...lengths]
    .toSorted(([, left], [, right]) => right - left)
    .slice(0, LONGEST_MAX)
    .map(([stream, length]): StreamLength => ({ stream, events: length, isFolded: prefixes.some((prefix) => stream.startsWith(prefix)) }));
  if (options.json) await terminal.print(toJson({ streams: lengths.size, events, longest }));
  else {
    await terminal.print(`${counted(lengths.size, 'stream')}, ${counted(events, 'event')}`);
    if (longest.length > 0) for (const line of ['', ...table(COLUMNS, longest)]) await terminal.print(line);
  }
  return 0;
};

const COLUMNS: readonly Column<StreamLength>[] = [
  { title: 'stream', value: ({ stream }) => stream },
  { title: 'events', value: ({ events }) => count(events), align: 'right' },
  { title: 'aggregate', value: ({ isFolded }) => (isFolded ? 'yes' : 'none of this application') },
];
