// Commands and effects as a failed assertion shows them.
import { encodeJson } from '@mainstem/event-store';
import type { Perform, Send } from '@mainstem/process';

export interface ShownCommand {
  readonly step: string;
  /** Stream of the aggregate that gets it. */
  readonly to: string;
  readonly command: string;
  readonly data: unknown;
}

export const shownCommand = ({ step, category, id, command }: Send): ShownCommand => {
  const { name } = (Object.getPrototypeOf(command) as object).constructor;
  return { step, to: `${category}-${id}`, command: name, data: JSON.parse(encodeJson(command, name)) as unknown };
};

export interface ShownEffect {
  readonly step: string;
  /** Its name. */
  readonly effect: string;
  readonly data: unknown;
}

export const shownEffect = ({ step, effect: { name }, data }: Perform): ShownEffect => ({
  step,
  effect: name,
  data: JSON.parse(encodeJson(data, name)) as unknown,
});
