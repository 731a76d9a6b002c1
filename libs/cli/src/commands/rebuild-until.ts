// mainstem rebuild --until: the state of read models at a position or a time, beside the serving ones.
import type { Position } from '@mainstem/event-store';
import { fillSideGeneration, placeOf } from '@mainstem/projection/operate';
import { InvalidArgument } from '../errors.js';
import { toJson } from '../format/json.js';
import { isInSeveral, nameOf, namesOf } from '../format/name-of.js';
import { PartBar } from '../terminal/part-bar.js';
import { chosenProjections, type ProjectionChoice } from './chosen-projections.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';

/**
 * Exit code 0. Errors: PROJECTION_UNKNOWN, CLI_INVALID_ARGUMENT, PROJECTION_UNTIL_AHEAD, PROJECTION_UNTIL_TOO_EARLY,
 * those of the stores.
 */
export const rebuildUntil = async (
  context: CliContext,
  choice: ProjectionChoice,
  { until, json = false }: { readonly until: string; readonly json?: boolean },
): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  return using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async ({ projections }) => {
      const chosen = chosenProjections(projections, choice);
      const place = await placeOf(reader, until, signal).catch((error: unknown): never => {
        throw error instanceof RangeError
          ? new InvalidArgument('--until', `must be a position or a time such as 2011-01-01T00:00:00Z, got ${until}.`)
          : error;
      });
      for (const hosted of chosen) {
        const all = projections.map(namesOf);
        const bar = new PartBar(terminal, nameOf(namesOf(hosted), all), performance.now.bind(performance));
        const onProgress = (position: Position): void => bar.update(Number(position) / Number(place), `filling up to position ${place}`);
        try {
          const { projection, number } = await fillSideGeneration({ reader, hosted, until: place, signal, onProgress });
          const where = isInSeveral(namesOf(hosted), all) ? ` --store ${hosted.store.name}` : '';
          const line = `${projection} (${hosted.store.name}): generation ${number} holds the state as of position ${place}; mainstem show ${projection}${where} --generation ${number}`;
          await terminal.print(json ? toJson({ projection, store: hosted.store.name, generation: number, position: place }) : line);
        } finally {
          bar.stop();
        }
      }
      return 0;
    }),
  );
};
