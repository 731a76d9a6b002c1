// What health tells every client: codes, names and our own words. Addresses, paths and texts of drivers go to the log.
import { isMainstemError } from '@mainstem/event-store';

/** The text after these codes is ours alone: names, positions and what to do. */
const TOLD_WHOLE: ReadonlySet<string> = new Set([
  'EVENT_STORE_NEWER_EVENT',
  'PROJECTION_CHANGED',
  'PROJECTION_CHECKPOINT_AHEAD',
  'PROJECTION_EVENT_STORE_RESTORED',
  'PROJECTION_FOREIGN_EVENT_STORE',
  'PROJECTION_STALLED',
]);

/** The text from the first code on. */
const CODED = /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): [^]*$/;
const UNKNOWN = 'an unexpected error; the log has the details';

/** The reason up to its first error code; the text after it only for a few codes. */
export const neutralReason = (reason: string): string => reason.replace(CODED, (told: string, code: string) => (TOLD_WHOLE.has(code) ? told : code));

/** For an error: its code, with its text if that is ours. */
export const neutralError = (error: unknown): string => (isMainstemError(error) ? neutralReason(`${error.code}: ${error.message}`) : UNKNOWN);

/** For a projection's `CODE: message`. One without a code is a fault of the program. */
export const neutralFailure = (reason: string, store: string): string => {
  const [, code] = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): /.exec(reason) ?? [];
  if (code === undefined) return UNKNOWN;
  if (TOLD_WHOLE.has(code)) return reason;
  if (code.startsWith('READ_STORE_')) return `${code} (read store ${store})`;
  return code.startsWith('EVENT_STORE_') ? `${code} (event store)` : code;
};
