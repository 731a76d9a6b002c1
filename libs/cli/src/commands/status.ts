// mainstem status: the state of every projection, from its read store and the event store.
import { toJson } from '../format/json.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';
import { hostedIn } from './hosted-in.js';
import { leftBehindReport, storedLeftBehind } from './left-behind.js';
import { figuresByProjection, processFigures, processReport, type ProcessFigures } from './process-report.js';
import { statusReport } from './status-report.js';
import { isRunByNone, storedStatuses, type StoredStatus } from './stored-status.js';

/** Prints the status; exit code 1 if a projection is stopped or no process runs it. */
export const status = async (context: CliContext, options: { readonly json?: boolean; readonly now: () => number }): Promise<number> => {
  const { application, settings, terminal } = context;
  return using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async (readModels) => {
      const statuses = await storedStatuses(reader, hostedIn(readModels), options.now);
      const others = await storedLeftBehind(readModels);
      const figures = await processFigures(readModels, options.now());
      const lines = options.json
        ? [toJson([...withFigures(statuses, figures), ...others], true)]
        : [...statusReport(statuses), ...processReport(figures), ...leftBehindReport(others)];
      for (const line of lines) await terminal.print(line);
      return statuses.some((one) => one.state === 'Stopped' || isRunByNone(one)) ? 1 : 0;
    }),
  );
};

const withFigures = (statuses: readonly StoredStatus[], figures: readonly ProcessFigures[]): readonly object[] => {
  const found = figuresByProjection(figures);
  return statuses.map((one) => ({ ...one, figures: found.get(one.projection) }));
};
