// mainstem stream: prints the history of one aggregate and its folded state.
import { loadAggregate, type AnyAggregate } from '@mainstem/aggregate';
import { streamName, streamPrefixOf, type RecordedEvent, type StreamName } from '@mainstem/event-store';
import { InvalidArgument, UnknownStream } from '../errors.js';
import { eventJson, eventLine } from '../format/event-line.js';
import { toJson } from '../format/json.js';
import { using, type CliContext } from './cli-context.js';
import { streamSummary } from './stream-summary.js';

export interface StreamOptions {
  readonly json?: boolean;
  readonly summary?: boolean;
}

/**
 * Prints every event of the stream, then its state; with `summary` the longest streams instead.
 * Errors: CLI_UNKNOWN_STREAM, CLI_INVALID_ARGUMENT, EVENT_STORE_INVALID_INPUT.
 */
export const stream = async (context: CliContext, name: string | undefined, options: StreamOptions): Promise<number> => {
  if ((name === undefined) !== (options.summary === true)) throw new InvalidArgument('<name>', 'must name a stream, or be left out with --summary.');
  if (name === undefined) return streamSummary(context, options);
  const { application, settings, terminal, signal } = context;
  const wanted = streamName(name);
  const format = options.json ? eventJson : eventLine;
  await using(application.openEvents(settings), async (reader) => {
    let events = 0;
    const print = async (batch: readonly RecordedEvent[]): Promise<void> => {
      for (const event of batch) await terminal.print(format(event));
      events += batch.length;
    };
    const aggregate = aggregateOf(application.aggregates, wanted);
    if (aggregate) {
      const { state } = await loadAggregate(reader, aggregate, wanted.slice(aggregate.category.length + 1), { onEvents: print, signal });
      if (events > 0) await terminal.print(options.json ? toJson({ state }) : `\nstate  ${toJson(state, true)}`);
    } else {
      for await (const batch of reader.readStream(wanted, { signal })) await print(batch);
      if (events > 0) terminal.say(`No aggregate of ${application.name} has this category: there is no state to show.`);
    }
    if (events === 0) throw new UnknownStream(wanted);
  });
  return 0;
};

/** The aggregate whose category matches the stream; the longest category wins. */
const aggregateOf = (aggregates: readonly AnyAggregate[], name: StreamName): AnyAggregate | undefined =>
  aggregates
    .filter(({ category }) => name.startsWith(streamPrefixOf(category)))
    .toSorted((left, right) => right.category.length - left.category.length)[0];
