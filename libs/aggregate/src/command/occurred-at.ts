// The time of an event from its context: checked, and in UTC.
import { instantOf } from '@mainstem/event-store';
import { InvalidCommand } from '../errors.js';
import type { CommandContext } from './command-context.js';

/** The same instant in UTC; a time in UTC, and fractions of a second, stay as written. Errors: COMMAND_INVALID. */
export const utcTime = (given: unknown): string => {
  const instant = typeof given === 'string' ? instantOf(given) : undefined;
  if (typeof given !== 'string' || !instant) return refuse();
  if (given.endsWith('Z')) return given;
  const text = instant.toISOString();
  // Its offset may lead to years before 0 and after 9999, which have another form.
  if (text.length !== 24) return refuse();
  const [fraction = ''] = /\.\d+/.exec(given) ?? [];
  return `${text.slice(0, 19)}${fraction}Z`;
};

/** The context's time for the event with this index. Errors: COMMAND_INVALID if its function fails. */
export const timeAt = (occurredAt: CommandContext['occurredAt'], index: number): string | undefined => {
  if (typeof occurredAt !== 'function') return occurredAt;
  try {
    return occurredAt(index);
  } catch (error) {
    return refuse(`must give a time for event ${index}; its function failed: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const TIME_RULE = 'must be a time with its offset, such as 2010-12-01T08:26:00Z or 2010-12-01T09:26:00+01:00';

const refuse = (message = TIME_RULE): never => {
  throw new InvalidCommand('The context of the command', [{ field: 'occurredAt', message }]);
};
