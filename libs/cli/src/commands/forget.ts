// mainstem forget: removes what a projection has left behind that the application no longer has, and what a reaction
// knows.
import { forgetProjection, leftBehind, StillDeclared, UnknownProjection } from '@mainstem/projection/operate';
import type { Hosted } from '@mainstem/projection/reaction';
import type { OpenReadModels } from '../application.js';
import { InvalidArgument } from '../errors.js';
import { counted } from '../format/amounts.js';
import { usingReadModels, type CliContext } from './cli-context.js';
import { hostedIn } from './hosted-in.js';
import { storesOf } from './left-behind.js';

export interface ForgetOptions {
  /** Name of one read store; default all. */
  readonly store?: string;
  /** True: do not ask. */
  readonly yes?: boolean;
}

/**
 * Exit code 0: it is gone; 1: the user said no. Call it again after an interruption: it goes on. Errors:
 * PROJECTION_UNKNOWN, FORGET_STILL_DECLARED, FORGET_STILL_RUNS, CLI_INVALID_ARGUMENT, those of the stores.
 */
export const forget = async (context: CliContext, name: string, options: ForgetOptions): Promise<number> => {
  const { application, settings, terminal } = context;
  return usingReadModels({ application, settings }, async (readModels) => {
    const found = await chosen(readModels, name, options.store);
    for (const { store } of found) {
      const generations = counted((await store.generations(name)).length, 'generation');
      await terminal.print(`${name} (${store.name}): ${generations}, with all documents, checkpoints and parked events.`);
    }
    for (const line of beginningsOf(hostedIn(readModels), name)) await terminal.print(line);
    if (!options.yes && !(await isConfirmed(context, name))) return 1;
    for (const one of found) {
      await forgetProjection(hostedIn(readModels), one);
      await terminal.print(`${name} (${one.store.name}): removed.`);
    }
    return 0;
  });
};

/** What happens to a reaction that the application has. */
const beginningsOf = (hosted: readonly Hosted[], name: string): readonly string[] =>
  hosted.flatMap(({ projection }) => {
    if (projection.kind !== 'reaction' || projection.name !== name) return [];
    const isNow = projection.startsAt === 'now';
    return [`${name} begins anew ${isNow ? 'behind the last event, and passes over what it has not answered' : 'at the first event'}.`];
  });

const chosen = async (readModels: OpenReadModels, name: string, storeName: string | undefined) => {
  const all = storesOf(readModels);
  const stores = all.filter((store) => storeName === undefined || store.name === storeName);
  if (stores.length === 0) throw new InvalidArgument('--store', `must be one of: ${all.map((store) => store.name).join(', ')}; got "${storeName}"`);
  const everything = await leftBehind(hostedIn(readModels), stores);
  const found = everything.filter(({ projection }) => projection === name);
  if (found.length > 0) return found;
  const declared = hostedIn(readModels).find(({ projection, store }) => projection.name === name && stores.includes(store));
  if (declared?.projection.kind === 'reaction') return [{ projection: name, store: declared.store }];
  if (declared) throw new StillDeclared(name, declared.store.name);
  throw new UnknownProjection(
    name,
    everything.map(({ projection }) => projection),
  );
};

const isConfirmed = async ({ terminal }: CliContext, name: string): Promise<boolean> => {
  if (!terminal.confirm) throw new InvalidArgument('--yes', 'is required without a terminal to ask.');
  if (await terminal.confirm(`Remove all of ${name} for good?`)) return true;
  terminal.say('Nothing was removed.');
  return false;
};
