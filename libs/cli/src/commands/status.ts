// mainstem status: the state of every projection, from its read store and the event store.
import type { EventReader } from '@mainstem/event-store';
import type { OpenReadModels } from '../application.js';
import { InvalidArgument } from '../errors.js';
import { toJson } from '../format/json.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';
import { hostedIn } from './hosted-in.js';
import { leftBehindReport, storedLeftBehind } from './left-behind.js';
import { figuresByProjection, processFigures, processReport, type ProcessFigures } from './process-report.js';
import { statusReport } from './status-report.js';
import { isRunByNone, storedStatuses, type StoredStatus } from './stored-status.js';
import { PACE_S_MAX, watchLooks, type Look, type WatchPace } from './watch-looks.js';
import { wholeNumber } from './whole-number.js';

export interface StatusOptions {
  readonly json?: boolean;
  /** True: look again and again. */
  readonly watch?: boolean;
  /** Seconds between two looks; default 2. With `watch` alone. */
  readonly interval?: string;
  /** End after so many seconds. With `watch` alone. */
  readonly for?: string;
  readonly now: () => number;
}

/**
 * Prints the status; exit code 1 if a projection is stopped or no process runs it, as of the last look. 130: a watch
 * was interrupted. Errors: CLI_INVALID_ARGUMENT, those of the stores.
 */
export const status = async (context: CliContext, options: StatusOptions): Promise<number> => {
  const { application, settings, terminal } = context;
  const { isJson, pace } = { isJson: options.json ?? false, pace: paceOf(options) };
  return using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async (readModels) => {
      const look = (): Promise<Look> => lookAt(reader, readModels, { isJson, isIndented: !pace, now: options.now });
      if (pace) return watchLooks(context, look, { ...pace, isJson });
      const { lines, code } = await look();
      for (const line of lines) await terminal.print(line);
      return code;
    }),
  );
};

/** Undefined for one look. */
const paceOf = ({ watch = false, interval, for: seconds }: StatusOptions): WatchPace | undefined => {
  const [every, length] = [secondsOf('--interval', interval), secondsOf('--for', seconds)];
  if (watch) return { intervalMs: (every ?? INTERVAL_S_DEFAULT) * 1_000, ...(length !== undefined && { forMs: length * 1_000 }) };
  if (interval !== undefined) throw new InvalidArgument('--interval', 'goes with --watch.');
  if (seconds !== undefined) throw new InvalidArgument('--for', 'goes with --watch.');
  return undefined;
};

const secondsOf = (name: string, text: string | undefined): number | undefined => {
  const seconds = wholeNumber(name, text);
  if (seconds !== undefined && seconds > PACE_S_MAX) throw new InvalidArgument(name, `must be at most ${PACE_S_MAX} seconds, got ${text}.`);
  return seconds;
};

const INTERVAL_S_DEFAULT = 2;

interface LookOptions {
  readonly isJson: boolean;
  readonly isIndented: boolean;
  readonly now: () => number;
}

const lookAt = async (reader: EventReader, readModels: OpenReadModels, { isJson, isIndented, now }: LookOptions): Promise<Look> => {
  const statuses = await storedStatuses(reader, hostedIn(readModels), now);
  const others = await storedLeftBehind(readModels);
  const figures = await processFigures(readModels, now());
  const lines = isJson
    ? [toJson([...withFigures(statuses, figures), ...others], isIndented)]
    : [...statusReport(statuses), ...processReport(figures), ...leftBehindReport(others)];
  return { lines, code: statuses.some((one) => one.state === 'Stopped' || isRunByNone(one)) ? 1 : 0 };
};

const withFigures = (statuses: readonly StoredStatus[], figures: readonly ProcessFigures[]): readonly object[] => {
  const found = figuresByProjection(figures);
  return statuses.map((one) => ({ ...one, figures: found.get(one.projection) }));
};
