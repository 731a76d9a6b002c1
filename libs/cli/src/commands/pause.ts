// mainstem pause and resume: no projector writes a projection for a while, and queries go on with what is there.
import { pauseProjection, resumeProjection, untilResting } from '@mainstem/projection/operate';
import type { Hosted } from '@mainstem/projection/reaction';
import type { OpenReadModels } from '../application.js';
import { toJson } from '../format/json.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import { chosenProjections } from './chosen-projections.js';
import { usingReadModels, type CliContext } from './cli-context.js';
import { hostedIn } from './hosted-in.js';
import { operator, reasonOf } from './operator.js';

export interface PauseCommandOptions {
  readonly reason?: string;
  /** Required if several read stores have a projection of that name. */
  readonly store?: string;
  readonly json?: boolean;
  /** How long it waits until no process writes any more; default 30 s. */
  readonly waitMs?: number;
}

const WAIT_MS = 30_000;

/**
 * Exit code 0: it is paused, and no process has its lease. 1: it is paused, and a process still writes. 130:
 * interrupted while it waited; the pause holds. Errors: PROJECTION_UNKNOWN, PROJECTION_AMBIGUOUS, CLI_INVALID_ARGUMENT,
 * those of the stores.
 */
export const pause = async (context: CliContext, name: string, options: PauseCommandOptions): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  const reason = reasonOf(options.reason);
  return usingReadModels({ application, settings }, async (readModels) => {
    const { store } = chosenOne(readModels, name, options.store);
    const { pause: held, isNew } = await pauseProjection({ projection: name, store, by: operator(), ...(reason !== undefined && { reason }) });
    const writing = await untilResting({ projection: name, store, timeoutMs: options.waitMs ?? WAIT_MS, signal });
    if (options.json) await terminal.print(toJson({ projection: name, store: store.name, ...held, isNew, writing }, true));
    else {
      const why = held.reason === undefined ? '' : `, because: ${held.reason}`;
      await terminal.print(`${name} (${store.name}) is paused${isNew ? '' : ' already'}, by ${held.by} at ${held.at}${why}.`);
    }
    if (writing.length === 0) return 0;
    terminal.say(`It is still run by ${writing.join(', ')}: a projector ends its present batch first, and one of an older version knows no pause.`);
    return signal.aborted ? INTERRUPTED : 1;
  });
};

/** Exit code 0, also if it was not paused. Errors: as for `pause`. */
export const resume = async (context: CliContext, name: string, options: { readonly store?: string; readonly json?: boolean }): Promise<number> => {
  const { application, settings, terminal } = context;
  return usingReadModels({ application, settings }, async (readModels) => {
    const { store } = chosenOne(readModels, name, options.store);
    const held = await resumeProjection({ projection: name, store });
    if (options.json) await terminal.print(toJson({ projection: name, store: store.name, former: held ?? null }, true));
    else await terminal.print(`${name} (${store.name}) ${held ? `goes on; it was paused by ${held.by} at ${held.at}` : 'was not paused'}.`);
    return 0;
  });
};

const chosenOne = (readModels: OpenReadModels, name: string, store: string | undefined): Hosted => {
  const [hosted] = chosenProjections(hostedIn(readModels), { names: [name], isAll: false, store });
  if (!hosted) throw new TypeError('a projection that was found is missing');
  return hosted;
};
