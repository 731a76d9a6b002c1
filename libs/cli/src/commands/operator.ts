// Who tells something, for records that outlive the terminal.
import os from 'node:os';
import { InvalidArgument } from '../errors.js';

/** User and machine; a user without a name, as in a container, by its number. */
export const operator = (): string => `${userName()}@${os.hostname()}`;

const userName = (): string => {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
};

const REASON_LENGTH_MAX = 500;

/** Errors: CLI_INVALID_ARGUMENT. */
export const reasonOf = (text: string | undefined): string | undefined => {
  const reason = text?.trim();
  if (reason === undefined) return undefined;
  if (reason === '' || reason.length > REASON_LENGTH_MAX) throw new InvalidArgument('--reason', `must have 1 to ${REASON_LENGTH_MAX} characters.`);
  return reason;
};
