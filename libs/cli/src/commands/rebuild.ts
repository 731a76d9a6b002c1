// mainstem rebuild: fills read models anew beside the serving ones, checks and promotes them, with progress.
import { crashAtOf, Rebuilder, type RebuildReport, type RebuiltProjection } from '@mainstem/projection/operate';
import { counted, duration } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { nameOf } from '../format/name-of.js';
import { table, type Column } from '../format/table.js';
import { RebuildBars } from '../terminal/rebuild-bars.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import { chosenProjections } from './chosen-projections.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';

export interface RebuildOptions {
  readonly all?: boolean;
  /** Required if several read stores have a projection of that name. */
  readonly store?: string;
  readonly json?: boolean;
  /** How long promoted generations are followed until a projector takes them over. */
  readonly followMs?: number;
}

/**
 * Exit code 0: all serve their new generation. 1: one has failed, and its old generation goes on serving. 130:
 * interrupted, and can be continued. Errors: PROJECTION_UNKNOWN, REBUILD_RUNNING, PROJECTION_FOREIGN_EVENT_STORE, those
 * of the stores.
 */
export const rebuild = async (context: CliContext, names: readonly string[], options: RebuildOptions): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  return using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async (readModels) => {
      const projections = chosenProjections(readModels.projections, { names, isAll: options.all ?? false, store: options.store });
      const bars = new RebuildBars(terminal, performance.now.bind(performance));
      const crash = crashAtOf(settings.env);
      const rebuilder = new Rebuilder({ reader, projections, onProgress: bars.update.bind(bars), ...(crash && { crash }), ...followOf(options) });
      let report: RebuildReport;
      try {
        report = await rebuilder.run(signal);
      } finally {
        bars.stop();
      }
      for (const line of options.json ? [toJson(report, true)] : describe(report)) await terminal.print(line);
      return exitCodeOf(report, (line) => terminal.say(line));
    }),
  );
};

const followOf = ({ followMs }: RebuildOptions): { followMs?: number } => (followMs === undefined ? {} : { followMs });

const exitCodeOf = ({ projections }: RebuildReport, say: (line: string) => void): number => {
  if (projections.some(({ outcome }) => outcome === 'interrupted')) {
    say('Interrupted. Run the same command again: it goes on where it stopped.');
    return INTERRUPTED;
  }
  return projections.every(({ outcome }) => outcome === 'promoted') ? 0 : 1;
};

const COLUMNS: readonly Column<RebuiltProjection>[] = [
  { title: 'projection', value: ({ projection }) => projection },
  { title: 'store', value: ({ store }) => store },
  { title: 'generation', value: ({ generation, former, outcome }) => `${outcome === 'promoted' ? `${former ?? '–'} → ` : ''}${generation}` },
  { title: 'outcome', value: ({ outcome, isTakenOver }) => (isTakenOver ? `${outcome}, followed by its projector` : outcome) },
  { title: 'parked', value: ({ parkedKeys }) => String(parkedKeys), align: 'right' },
  { title: 'took', value: ({ durationMs }) => duration(durationMs), align: 'right' },
];

const describe = ({ projections, durationMs }: RebuildReport): readonly string[] => {
  const promoted = projections.filter(({ outcome }) => outcome === 'promoted');
  return [
    ...table(COLUMNS, projections),
    ...projections.flatMap((one) => (one.reason === undefined ? [] : [`${nameOf(one, projections)}: ${one.reason}`])),
    `${counted(promoted.length, 'read model')} rebuilt in ${duration(durationMs)}. The former generations are kept for mainstem rollback, until mainstem cleanup.`,
  ];
};
