// mainstem cleanup: deletes generations that are no longer needed.
import { cleanUp, crashAtOf, type CleanedUp } from '@mainstem/projection/operate';
import { counted } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { chosenProjections } from './chosen-projections.js';
import { usingReadModels, type CliContext } from './cli-context.js';

/** For the named projections, or for all without names. Errors: PROJECTION_UNKNOWN, those of the stores. */
export const cleanup = async (
  context: CliContext,
  names: readonly string[],
  options: { readonly json?: boolean; readonly store?: string },
): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  return usingReadModels({ application, settings }, async (readModels) => {
    const projections = chosenProjections(readModels.projections, { names, isAll: names.length === 0, store: options.store });
    const crash = crashAtOf(settings.env);
    const cleaned = await cleanUp({ projections, signal, ...(crash && { crash }) });
    for (const line of options.json ? [toJson(cleaned, true)] : describe(cleaned)) await terminal.print(line);
    return 0;
  });
};

const describe = (cleaned: readonly CleanedUp[]): readonly string[] => {
  const dropped = cleaned.filter(({ isDropped }) => isDropped).length;
  return [
    ...cleaned.map(({ projection, store, generation, state, isDropped }) => {
      const what = `${projection} (${store}): generation ${generation}, ${STATES[state]}`;
      return isDropped ? `${what}: deleted` : `${what}: kept, a process is filling it`;
    }),
    dropped === 0 ? 'Nothing to delete.' : `${counted(dropped, 'generation')} deleted.`,
  ];
};

const STATES: Readonly<Record<CleanedUp['state'], string>> = {
  filling: 'of an abandoned rebuild',
  serving: 'serving',
  retired: 'retired',
  side: 'made to stay aside',
};
