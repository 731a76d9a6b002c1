// mainstem claims build: makes the claims of unique values from the events, and names the values with several holders.
import { buildClaims } from '@mainstem/aggregate';
import { NoUniqueValues } from '../errors.js';
import { counted } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { using, type CliContext } from './cli-context.js';

/**
 * Exit code 0: each value has one holder. 1: some have several. Errors: CLI_NO_UNIQUE_VALUES, those of the event store,
 * EVENT_STORE_UNDECODABLE_EVENT, EVENT_STORE_NEWER_EVENT.
 */
export const buildAllClaims = async (
  { application, settings, terminal, signal }: CliContext,
  options: { readonly json?: boolean },
): Promise<number> => {
  const { aggregates, openEventStore } = application;
  if (!openEventStore || !aggregates.some(({ unique = [] }) => unique.length > 0)) throw new NoUniqueValues(application.name);
  const built = await using(openEventStore(settings), (store) => buildClaims({ store, aggregates, signal }));
  const { values, taken, released, clashes } = built;
  if (options.json) await terminal.print(toJson(built));
  else {
    for (const { rule, value, holders } of clashes) await terminal.print(`${rule} ${JSON.stringify(value)}: ${holders.join(', ')}`);
    await terminal.print(
      `${counted(values, 'value')}, ${counted(taken, 'claim')} taken, ${released} released, ${counted(clashes.length, 'conflict')}`,
    );
  }
  if (clashes.length > 0) terminal.say('Of these values the first holder has the claim. Give the others another one, and run this again.');
  return clashes.length === 0 ? 0 : 1;
};
