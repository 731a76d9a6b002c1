// mainstem rollback: goes back to the generation that served before.
import { isMainstemError } from '@mainstem/event-store';
import { crashAtOf, rollBack } from '@mainstem/projection/operate';
import { InvalidArgument } from '../errors.js';
import { duration } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { nameOf, namesOf } from '../format/name-of.js';
import { RebuildBars } from '../terminal/rebuild-bars.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import { chosenProjections } from './chosen-projections.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';

export interface RollbackOptions {
  /** A generation's number, as typed. */
  readonly to?: string;
  /** Required if several read stores have a projection of that name. */
  readonly store?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  /** How long the promoted generation is followed until a projector takes it over. */
  readonly followMs?: number;
}

/**
 * Exit code 0: the other generation serves. 1: it could not be brought up to date. 130: interrupted. Errors:
 * PROJECTION_UNKNOWN, ROLLBACK_NO_GENERATION without `to`, ROLLBACK_BEHIND, CLI_INVALID_ARGUMENT, those of the stores.
 */
export const rollback = async (
  context: CliContext,
  name: string,
  { to, store, force = false, json = false, followMs }: RollbackOptions,
): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  if (to !== undefined && !/^[1-9][0-9]{0,8}$/.test(to)) throw new InvalidArgument('--to', `must be the number of a generation, got "${to}"`);
  return using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async ({ projections }) => {
      const [hosted] = chosenProjections(projections, { names: [name], isAll: false, store });
      if (!hosted) throw new TypeError('a projection that was found is missing');
      const bars = new RebuildBars(terminal, performance.now.bind(performance));
      const crash = crashAtOf(settings.env);
      const options = { reader, hosted, isForced: force, signal, onProgress: bars.update.bind(bars) };
      const result = await rollBack({
        ...options,
        ...(crash && { crash }),
        ...(to !== undefined && { to: Number(to) }),
        ...(followMs !== undefined && { followMs }),
      })
        .catch((error: unknown) => {
          if (to === undefined || !isMainstemError(error, 'ROLLBACK_NO_GENERATION')) throw error;
          throw new InvalidArgument('--to', `names no generation to go back to, got ${to}. ${error.message}`);
        })
        .finally(() => bars.stop());
      const title = nameOf(result, projections.map(namesOf));
      const { generation, former, outcome, reason, durationMs } = result;
      if (json) await terminal.print(toJson(result, true));
      else if (outcome === 'promoted')
        await terminal.print(`${title}: generation ${generation} serves again instead of ${former ?? 'none'} (${duration(durationMs)}).`);
      else await terminal.print(`${title}: generation ${generation} was not promoted. ${reason ?? 'Interrupted; run the same command again.'}`);
      return outcome === 'promoted' ? 0 : outcome === 'interrupted' ? INTERRUPTED : 1;
    }),
  );
};
