// The time that a context brings for an event: checked, and in UTC.
import { InvalidCommand } from '../errors.js';

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const MINUTE_MS = 60_000;

/** The same instant in UTC; a time in UTC stays as it is written. Errors: COMMAND_INVALID for what is no time, or has no offset. */
export const utcTime = (given: unknown): string => {
  const [, local = '', fraction = '', zone = ''] = (typeof given === 'string' ? TIME.exec(given) : null) ?? [];
  const localMs = local === '' ? Number.NaN : Date.parse(`${local}Z`);
  // Date.parse takes 30 February for 2 March, and 24:00 for the next day: what comes back must be what was given.
  if (Number.isNaN(localMs) || !new Date(localMs).toISOString().startsWith(local)) refuse();
  if (zone === 'Z') return given as string;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  if (hours > 23 || minutes > 59) refuse();
  const offsetMs = (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * MINUTE_MS;
  const text = new Date(localMs - offsetMs).toISOString();
  // Years before 0 and after 9999 have another form.
  if (text.length !== 24) refuse();
  return `${text.slice(0, 19)}${fraction}Z`;
};

const refuse = (): never => {
  throw new InvalidCommand('The context of the command', [
    { field: 'occurredAt', message: 'must be a time with its offset, such as 2010-12-01T08:26:00Z or 2010-12-01T09:26:00+01:00' },
  ]);
};
