// mainstem parked: lists the events that projections have parked, and replays them after a fix.
import { Projector } from '@mainstem/projection';
import type { ParkedEvent } from '@mainstem/projection/operate';
import { counted } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { nameOf, namesOf } from '../format/name-of.js';
import { table, type Column } from '../format/table.js';
import { chosenProjections } from './chosen-projections.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';
import { hostedIn } from './hosted-in.js';

const LISTED_MAX = 1_000;

/** Prints the parked events of one projection or of all. Errors: PROJECTION_UNKNOWN, PROJECTION_AMBIGUOUS. */
export const listParked = async (
  context: CliContext,
  name: string | undefined,
  options: { readonly json?: boolean; readonly store?: string },
): Promise<number> => {
  const { application, settings, terminal } = context;
  return usingReadModels({ application, settings }, async (readModels) => {
    const hosted = hostedIn(readModels);
    const chosen = chosenProjections(hosted, { names: name === undefined ? [] : [name], isAll: name === undefined, store: options.store });
    let isAny = false;
    for (const one of chosen) {
      const { projection, store } = one;
      const parked = await store.parked(projection.name, LISTED_MAX);
      if (parked.length === 0) continue;
      isAny = true;
      if (options.json) for (const event of parked) await terminal.print(toJson({ projection: projection.name, store: store.name, ...event }));
      else for (const line of report(nameOf(namesOf(one), hosted.map(namesOf)), parked)) await terminal.print(line);
    }
    if (!isAny && !options.json) await terminal.print(name === undefined ? 'Nothing is parked.' : `${name}: nothing is parked.`);
    return 0;
  });
};

/**
 * Folds parked events again, in order. Those that still fail stay parked, and the exit code is 1. A projector that runs
 * the projection elsewhere loses it for that time, and takes it back by itself. Errors: PROJECTION_UNKNOWN,
 * PROJECTION_AMBIGUOUS, and those of the stores.
 */
export const replayParked = async (
  context: CliContext,
  name: string,
  options: { readonly key?: string; readonly store?: string },
): Promise<number> => {
  const { application, settings, terminal } = context;
  return using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async (readModels) => {
      const {
        replayed,
        stillParked,
        withoutDocument = 0,
      } = await new Projector({
        reader,
        projections: chosenProjections(hostedIn(readModels), { names: [name], isAll: false, store: options.store }),
      }).replayParked(name, options);
      if (withoutDocument > 0) await terminal.print(`${counted(withoutDocument, 'event')} taken off the list: they no longer belong to a document.`);
      await terminal.print(`${counted(replayed, 'event')} replayed, ${stillParked} still parked.`);
      return stillParked === 0 ? 0 : 1;
    }),
  );
};

const COLUMNS: readonly Column<ParkedEvent>[] = [
  { title: 'position', value: ({ position }) => position.toString(), align: 'right' },
  { title: 'key', value: ({ key }) => key },
  { title: 'event', value: ({ stream, revision, type }) => `${stream}@${revision} ${type}` },
  { title: 'error', value: ({ error }) => error.split('\n')[0] || '(waits behind an earlier one)' },
];

const report = (projection: string, parked: readonly ParkedEvent[]): readonly string[] => {
  const more = parked.length === LISTED_MAX ? ` or more; the first ${LISTED_MAX} are shown` : '';
  return [`${projection}: ${counted(parked.length, 'event')} parked${more}`, ...table(COLUMNS, parked), ''];
};
