// Names of processes, steps and deadlines.
import { InvalidAction, InvalidProcess } from '../errors.js';

export const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const NAME_LENGTH_MAX = 30;

/** Lower-case words with dashes, short enough to be a part of other names. */
export const isName = (name: unknown): name is string => typeof name === 'string' && NAME.test(name) && name.length <= NAME_LENGTH_MAX;

export const NAME_RULE = `must be lower-case words with dashes, at most ${NAME_LENGTH_MAX} characters`;

/** What reactors and process managers have in common. Errors: PROCESS_INVALID_DEFINITION. */
export const assertDeclared = (name: unknown, startsAt: unknown): void => {
  if (!isName(name)) throw new InvalidProcess(String(name), `its name ${NAME_RULE}`);
  if (startsAt !== 'first-event' && startsAt !== 'now') throw new InvalidProcess(name, 'startsAt must be first-event or now');
};

/** Adds a step to those that one input leads to. Errors: PROCESS_INVALID_ACTION. */
export const addStep = (process: string, step: string, steps: Set<string>): void => {
  if (!isName(step)) throw new InvalidAction(process, `the step ${JSON.stringify(step)} ${NAME_RULE}`);
  if (steps.has(step)) throw new InvalidAction(process, `react asks twice for step ${step}; give each a name of its own`);
  steps.add(step);
};
