// Points in time as text, without texts that mean another moment elsewhere and without days that do not exist.

const INSTANT = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * The moment of a time in ISO 8601 with `Z` or an offset of up to 23:59 (RFC 3339), to the millisecond. Undefined for
 * any other text, and for dates that do not exist.
 */
export const instantOf = (text: string): Date | undefined => {
  const [, date = '', minutes = '', seconds = '00'] = INSTANT.exec(text) ?? [];
  if (date === '') return undefined;
  // Date accepts the hour 24 and days that do not exist, and changes them: they come back different from the input.
  const local = new Date(`${date}T${minutes}:${seconds}Z`);
  if (Number.isNaN(local.getTime()) || !local.toISOString().startsWith(`${date}T${minutes}:${seconds}`)) return undefined;
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
};
