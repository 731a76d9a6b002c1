// mainstem tail: prints events as they arrive, or all present ones.
import { nearestName, position, streamPrefixOf, type EventFilter, type EventReader, type Position } from '@mainstem/event-store';
import { InvalidArgument } from '../errors.js';
import { eventJson, eventLine } from '../format/event-line.js';
import { using, type CliContext } from './cli-context.js';

export interface TailOptions {
  readonly type?: readonly string[];
  readonly category?: readonly string[];
  /** `start`, `now`, or a position: prints events after it. */
  readonly from: string;
  readonly limit?: string;
  /** False: end at the head. */
  readonly follow: boolean;
  readonly json?: boolean;
}

/** Prints events until Ctrl-C or the limit; without following, until the head. Errors: CLI_INVALID_ARGUMENT. */
export const tail = async (context: CliContext, options: TailOptions): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  const limit = limitOf(options.limit);
  warnAboutUnknown(context, options);
  await using(application.openEvents(settings), async (reader) => {
    const after = await startOf(reader, options.from);
    if (options.follow)
      terminal.say(`Following the event store of ${application.name}${after === undefined ? '' : ` after position ${after}`}; Ctrl-C ends.`);
    const format = options.json ? eventJson : eventLine;
    let printed = 0;
    for await (const { events, isCaughtUp } of reader.subscribe({ after, filter: filterOf(options), signal })) {
      for (const event of events) {
        await terminal.print(format(event));
        if (++printed === limit || signal.aborted) return;
      }
      if (isCaughtUp && !options.follow) return;
    }
  });
  return 0;
};

const filterOf = ({ type = [], category = [] }: TailOptions): EventFilter => ({
  ...(type.length > 0 && { types: type }),
  ...(category.length > 0 && { streamPrefixes: category.map(streamPrefixOf) }),
});

const startOf = async (reader: EventReader, from: string): Promise<Position | undefined> => {
  if (from === 'start') return undefined;
  if (from === 'now') return reader.head();
  if (!/^[0-9]{1,19}$/.test(from)) throw new InvalidArgument('--from', `must be start, now or a position, got ${JSON.stringify(from)}`);
  return position(BigInt(from));
};

const limitOf = (limit: string | undefined): number | undefined => {
  if (limit === undefined) return undefined;
  const number = Number(limit);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgument('--limit', `must be a whole number from 1, got ${JSON.stringify(limit)}`);
  return number;
};

// A misspelt filter would show nothing, for ever. It is only a warning: other programs may write to the store, too.
const warnAboutUnknown = ({ application, terminal }: CliContext, { type = [], category = [] }: TailOptions): void => {
  const types = application.aggregates.flatMap(({ events }) => events.types);
  const categories = application.aggregates.map((aggregate) => aggregate.category);
  for (const name of type.filter((one) => !types.includes(one)))
    terminal.say(`Note: no aggregate declares the event ${name}.${meant(name, types)} Known: ${types.join(', ')}.`);
  for (const name of category.filter((one) => !categories.includes(one)))
    terminal.say(`Note: no aggregate has the category ${name}.${meant(name, categories)} Known: ${categories.join(', ')}.`);
};

const meant = (name: string, known: readonly string[]): string => {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`;
};
